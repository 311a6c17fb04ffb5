package otlp

import (
	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/spool"
)

// Driver returns the driver "otlp". Its exporters are [*delivery.Exporter] values, or
// [*spool.Exporter] ones where the connection has a spool.
func Driver() exporter.Driver { return spool.Driver(FromSettings, New, NewSpooled) }
