package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tracehook/tracehook/setting"
)

// mostBuffer is the largest queue, in spans. A million waiting spans are about a gigabyte.
const mostBuffer = 1 << 20

// standardBuffer is the size of a queue where none is given.
const standardBuffer = 1024

// standardBatch returns the size of a batch where none is given: small enough that a queue
// which fills one batch and exports another isn't called nearly full.
func standardBatch(buffer int) int { return min(256, max(1, buffer/4)) }

func newConnection(name string) Connection {
	return Connection{
		Name:          name,
		Driver:        "default",
		Buffer:        standardBuffer,
		Batch:         standardBatch(standardBuffer),
		Timeout:       200 * time.Millisecond,
		ExportTimeout: 30 * time.Second,
		BlockTimeout:  time.Second,
		Sample:        newSample(),
	}
}

func (d *decoder) connection(name string, t table) Connection {
	c := newConnection(name)
	t.text("driver", &c.Driver)
	if strings.TrimSpace(c.Driver) == "" {
		d.fail(setting.Join(t.path, "driver"), "is empty; leave it out for the console")
	}
	t.bool("json", &c.JSON)
	t.text("flag", &c.Flag)
	t.text("format", &c.Format)
	t.integer("buffer", &c.Buffer, 1, mostBuffer)
	c.Batch = standardBatch(c.Buffer)
	t.integer("batch", &c.Batch, 1, mostBuffer)
	if c.Batch > c.Buffer {
		d.fail(setting.Join(t.path, "batch"), fmt.Sprintf("%d is more than the buffer of %d holds", c.Batch, c.Buffer))
	}
	t.duration("timeout", &c.Timeout)
	t.duration("export_timeout", &c.ExportTimeout)
	t.duration("block_timeout", &c.BlockTimeout)
	t.word("overflow", &c.Overflow, "sync", "drop", "block", "spool")
	c.Fields = d.fields(t)
	t.bool("explain", &c.Explain)
	t.bool("split_services", &c.SplitServices)
	c.Setting = t.settings("setting")
	c.Spool = t.settings("spool")
	c.Retry = t.settings("retry")
	c.Sample = d.sample(t, c.Setting)
	if len(c.Setting) == 0 {
		c.Setting = nil
	}
	if c.Overflow == "spool" && !t.has("spool") {
		d.fail(setting.Join(t.path, "overflow"), fmt.Sprintf(`"spool" needs a directory: [%s.spool] with dir = "..."`, t.path))
	}
	d.unknownInConnection(t)
	return c
}

// settings returns a copy of a driver's table.
func (t table) settings(name string) map[string]any {
	below, ok := t.below(name)
	if !ok {
		return nil
	}
	return maps.Clone(below.m)
}

// unknownInConnection notes the keys that no connection has.
func (d *decoder) unknownInConnection(t table) {
	known := names(connectionKeys())
	for _, name := range sortedKeys(t.m) {
		if !slices.Contains(known, name) {
			d.unknownKey(t.path, name)
		}
	}
}

// unknownKey notes that name is no key of the connection at path. A sampling key that isn't
// in the sample table is a frequent mistake.
func (d *decoder) unknownKey(path, name string) {
	message := "unknown key" + suggest(name, names(connectionKeys()))
	if slices.Contains(names(sampleKeys()), name) {
		message = "unknown key; it belongs in [" + path + ".sample]"
	}
	d.fail(setting.Join(path, name), message)
}
