package bridge

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/tracehook/tracehook/exporter"
)

// drivers are those that a Bridge was given, by name. They live as long as the Bridge.
type drivers map[string]exporter.Driver

// lookup returns the driver of that name.
func (d drivers) lookup(name string) (exporter.Driver, bool) {
	driver, known := d[name]
	if !known && name == "default" {
		driver, known = d["console"]
	}
	return driver, known
}

// names returns the names of all drivers in alphabetical order.
func (d drivers) names() []string { return slices.Sorted(maps.Keys(d)) }

// check refuses drivers that no connection could use.
func (d drivers) check() error {
	for name, driver := range d {
		if name == "" {
			return errors.New("a driver needs a name, but it is empty")
		}
		if driver.New == nil {
			return fmt.Errorf("driver %q has no factory: set Driver.New", name)
		}
	}
	return nil
}
