package delivery

import "github.com/tracehook/tracehook/exporter"

// ReadRetry reads the table [trace.NAME.retry] of s into the fields Backoff, Budget and Once. Its
// error has a [setting.Problem] for each wrong key.
func ReadRetry(s exporter.Settings) (Options, error) {
	t := s.Table("retry")
	return Options{
		Once:    !t.Bool(true, "enabled"),
		Backoff: Backoff{Initial: t.Duration(0, 0, "initial"), Max: t.Duration(0, 0, "max")},
		Budget:  t.Duration(0, 0, "budget", "max_elapsed"),
	}, t.Err()
}
