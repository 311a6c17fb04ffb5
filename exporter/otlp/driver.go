package otlp

import (
	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/spool"
)

// Driver returns the driver "otlp". Its exporters are [*Exporter] values, or [*Spooled] ones
// where the connection has a spool. Exporters of one Driver value share the work of encoding
// the spans that they send unchanged.
func Driver() exporter.Driver {
	encoder := newShared()
	read := func(s exporter.Settings) (Options, error) {
		o, err := FromSettings(s)
		o.shared = encoder
		return o, err
	}
	return spool.Driver(read, New, NewSpooled)
}
