package processor

import "github.com/tracehook/tracehook/exporter/report"

// spoolCounts asks the exporter. One that panics has no spool.
func (c *conn) spoolCounts() (n report.Counts) {
	e := c.exporter.Load()
	if e == nil {
		return report.Counts{}
	}
	defer func() {
		if recover() != nil {
			n = report.Counts{}
		}
	}()
	return e.spool.Counts()
}
