package outlet

import (
	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/send"
)

// ReadRetry reads the table [trace.NAME.retry] into the fields Backoff, Budget and Once. Its
// error joins a [exporter.KeyError] for each wrong key.
func ReadRetry(table map[string]any) (send.Options, error) {
	d := exporter.NewDecoder("retry", table)
	return send.Options{
		Once:    !d.Bool(true, "enabled"),
		Backoff: send.Backoff{Initial: d.Duration(0, "initial"), Max: d.Duration(0, "max")},
		Budget:  d.Duration(0, "budget", "max_elapsed"),
	}, d.Err()
}
