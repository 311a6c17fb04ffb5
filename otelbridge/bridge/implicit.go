package bridge

import (
	"fmt"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/internal/nearest"
)

// exportersVariable names drivers for a configuration without [trace].
const exportersVariable = "OTEL_TRACES_EXPORTER"

// configured returns the connections of the configuration. An exporter that only the environment names
// is ignored with a warning if there is no such driver, as OpenTelemetry's specification says;
// if none is left, the console takes its place, as if the variable were unset.
func (c *checker) configured() []config.Connection {
	if !c.cfg.Implicit {
		return c.cfg.Connections
	}
	var kept []config.Connection
	var ignored []int
	for _, conn := range c.cfg.Connections {
		path := c.cfg.KeyPath(conn.Name, "driver")
		if _, known := c.drivers.lookup(conn.Driver); known || c.cfg.Place(path).File != exportersVariable {
			kept = append(kept, conn)
			continue
		}
		ignored = append(ignored, len(c.warnings))
		c.warnings = append(c.warnings, config.Problem{
			File:    exportersVariable,
			Message: fmt.Sprintf("%.64q is ignored: there is no such driver%s (%s)", conn.Driver, nearest.Hint(conn.Driver, c.drivers.names()), c.knownDrivers()),
		})
	}
	if len(kept) == 0 && len(ignored) > 0 {
		for _, i := range ignored {
			c.warnings[i].Message += "; spans go to the console"
		}
		conn := c.cfg.Connections[0] // with what the environment says about sampling and queues
		conn.Name, conn.Driver = "default", "default"
		kept = append(kept, conn)
	}
	return kept
}
