package delivery

import (
	"time"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/setting"
)

// Timeouts returns the bounds of what one request may take.
func Timeouts() setting.Bounds {
	return setting.Bounds{Least: time.Millisecond, Most: 24 * time.Hour, Bare: 10 * time.Minute}
}

// ReadRetry reads the table [trace.NAME.retry] of s into the fields Backoff, Budget and Once. Its
// error has a [setting.Problem] for each wrong key.
func ReadRetry(s exporter.Settings) (Options, error) {
	t := s.Table("retry")
	waits := Timeouts()
	waits.Least = 0
	return Options{
		Once:    !t.Bool(true, "enabled"),
		Backoff: Backoff{Initial: t.DurationIn(0, waits, "initial"), Max: t.DurationIn(0, waits, "max")},
		Budget:  t.DurationIn(0, waits, "budget", "max_elapsed"),
	}, t.Err()
}

// ReadMaxBytes reads the setting max_request_bytes, the bound of a body before it is compressed.
// It returns 0, which means the default, where there is none.
func ReadMaxBytes(d *setting.Table) int {
	if !d.Has("max_request_bytes") {
		_ = d.Size(DefaultMaxBytes, 1, "max_request_bytes") // so that the key is known
		return 0
	}
	return int(min(d.Size(DefaultMaxBytes, 1, "max_request_bytes"), 1<<30))
}
