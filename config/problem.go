package config

import "github.com/tracehook/tracehook/setting"

// Problem is one thing that is wrong with a configuration.
type Problem = setting.Problem

// Problems is everything that is wrong with a configuration.
type Problems = setting.Problems

// Place is where a key stands.
type Place = setting.Place

// NewProblem returns a problem of the key at keyPath, with its place. It is for those who
// know what config can't: drivers, their settings, fields and globs.
func (c Config) NewProblem(keyPath, message string) Problem {
	p := c.Source().Problem(keyPath, "")
	p.Message = message
	return p
}
