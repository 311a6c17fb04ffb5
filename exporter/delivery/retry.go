package delivery

import (
	"github.com/tracehook/tracehook/exporter"
)

// ReadRetry reads the table [trace.NAME.retry] into the fields Backoff, Budget and Once. Its
// error joins a [exporter.KeyError] for each wrong key.
func ReadRetry(table map[string]any) (Options, error) {
	d := exporter.NewDecoder("retry", table)
	return Options{
		Once:    !d.Bool(true, "enabled"),
		Backoff: Backoff{Initial: d.Duration(0, "initial"), Max: d.Duration(0, "max")},
		Budget:  d.Duration(0, "budget", "max_elapsed"),
	}, d.Err()
}
