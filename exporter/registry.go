package exporter

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/tracehook/tracehook/internal/nearest"
)

// Registry is a set of drivers by name. It is safe for concurrent use. The zero Registry
// is empty and ready to use; it must not be copied after its first use.
type Registry struct {
	mu      sync.RWMutex
	drivers map[string]Driver
}

// NewRegistry returns an empty Registry.
func NewRegistry() *Registry { return &Registry{} }

// Register adds d under name. It refuses an empty name, a driver without a factory, and a
// name that is taken: two parts of a program that both want a name must agree on one.
func (r *Registry) Register(name string, d Driver) error {
	if name == "" {
		return errors.New("a driver needs a name, but it is empty")
	}
	if d.New == nil {
		return fmt.Errorf("driver %q has no factory: set Driver.New", name)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, taken := r.drivers[name]; taken {
		return fmt.Errorf("driver %q is registered already: choose another name", name)
	}
	if r.drivers == nil {
		r.drivers = make(map[string]Driver)
	}
	r.drivers[name] = d
	return nil
}

// Lookup returns the driver of that name.
func (r *Registry) Lookup(name string) (Driver, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	d, ok := r.drivers[name]
	return d, ok
}

// Names returns the names of all drivers in alphabetical order. The slice is the
// caller's.
func (r *Registry) Names() []string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return slices.Sorted(maps.Keys(r.drivers))
}

// Nearest returns the name of the driver that a misspelled name was probably meant to
// be, or "" if none is near.
func (r *Registry) Nearest(name string) string { return nearest.Name(name, r.Names()) }
