package main

import (
	"fmt"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/exporter"
)

// renamed returns how a configuration's connections rename the fields of what they write; nil
// without a configuration.
func (p *program) renamed(path string) ([]exporter.FieldMapping, error) {
	if path == "" {
		return nil, nil
	}
	cfg, err := config.Load(path, config.WithEnviron(p.environ), config.WithUnknown())
	if err != nil {
		return nil, fmt.Errorf("%s: %s", path, sentence(path, err))
	}
	all, of := []exporter.FieldMapping{}, make(map[string]string)
	for i := range cfg.Connections {
		c := &cfg.Connections[i]
		for _, f := range c.Fields {
			if source, known := of[f.Target]; known && source != f.Source {
				return nil, usage("%s: %q is the field %s on one connection and %s on another, so that it doesn't say how to read a file", path, f.Target, source, f.Source)
			}
			of[f.Target] = f.Source
			all = append(all, exporter.FieldMapping(f))
		}
	}
	return all, nil
}
