package main

import (
	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/otelbridge"
)

func checkHere(cfg config.Config, opts ...otelbridge.Option) error {
	return otelbridge.Check(cfg, opts...)
}
