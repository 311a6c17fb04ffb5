package config

import (
	"slices"
	"strconv"
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

func weightsWords() []string { return []string{"auto", "always", "never"} }

// waits returns the bounds of something that is waited for. A bare 5000 was meant to be
// milliseconds.
func waits(bare time.Duration) setting.Bounds {
	return setting.Bounds{Least: time.Millisecond, Most: 24 * time.Hour, Bare: bare}
}

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

// connection also says whether the connection is turned on.
func (d *decoder) connection(name string, t *setting.Table) (c Connection, enabled bool) {
	c = newConnection(name)
	if c.Driver = t.String(c.Driver, "driver"); strings.TrimSpace(c.Driver) == "" {
		t.Problem("driver", "is empty; leave it out for the console")
	}
	enabled = t.Bool(true, "enabled")
	c.JSON = t.Bool(false, "json")
	c.Flag = t.String("", "flag")
	c.Format = t.String("", "format")
	c.Buffer = t.Int(c.Buffer, 1, mostBuffer, "buffer")
	if c.Batch = t.Int(standardBatch(c.Buffer), 1, mostBuffer, "batch"); c.Batch > c.Buffer {
		t.Problem("batch", "%d is more than the buffer of %d holds", c.Batch, c.Buffer)
	}
	d.sized[name] = t.Has("buffer") || t.Has("batch")
	c.BufferBytes = t.Size(0, 1, "buffer_bytes")
	c.Sync = t.Bool(false, "sync")
	c.Timeout = t.DurationIn(c.Timeout, waits(100*time.Second), "timeout")
	c.ExportTimeout = t.DurationIn(c.ExportTimeout, waits(10*time.Minute), "export_timeout")
	c.BlockTimeout = t.DurationIn(c.BlockTimeout, waits(100*time.Second), "block_timeout")
	c.Overflow = t.Word("", []string{"sync", "drop", "block", "spool"}, "overflow")
	c.Fields = d.fields(t)
	c.Weights = t.Word("", weightsWords(), "weights")
	c.Explain = t.Bool(false, "explain")
	c.SplitServices = t.Bool(false, "split_services")
	c.RequireTLS = t.Bool(false, "require_tls")
	c.Setting, c.Spool, c.Retry = t.Map("setting"), t.Map("spool"), t.Map("retry")
	c.Redact = redact(t)
	c.Sample = d.sample(t, c.Setting)
	if len(c.Setting) == 0 {
		c.Setting = nil
	}
	if c.Overflow == "spool" && !t.Has("spool") {
		t.Problem("overflow", `"spool" needs a directory: [%s.spool] with dir = "..."`, t.Path())
	}
	d.misplaced(t)
	t.Done()
	return c, enabled
}

// misplaced reports frequent mistakes: keys in the wrong table, and dots that aren't levels, or
// are.
func (*decoder) misplaced(t *setting.Table) {
	for _, key := range t.Unknown() {
		values := t.At(setting.Join("", key), nil).Path()
		driver, below := t.Below(key, "driver")
		switch {
		case slices.Contains(keyNames("trace.sample"), key):
			t.Problem(key, "unknown key; it belongs in [%s.sample]", setting.Known(t.Path()))
		case slices.Contains(settingKeys(), key):
			t.Problem(key, "unknown key; what a driver has of its own belongs in [%s.setting]", setting.Known(t.Path()))
		case key == "disabled":
			t.Problem(key, "unknown key; enabled = false turns a connection off")
		case strings.Contains(key, "."):
			t.Problem(setting.Join("", key), "unknown key; a name with dots is one key here: write a table for each level")
		case below && driver != nil:
			t.Problem(setting.Join("", key), "unknown key; a connection with a dot in its name needs quotes: [%s]",
				setting.Known("trace."+strconv.Quote(strings.TrimPrefix(values, "trace."))))
		default:
			continue
		}
		t.Ignore(key)
	}
}

// settingKeys are keys of drivers that are often written into the connection itself.
func settingKeys() []string {
	return []string{
		"path", "endpoint", "url", "headers", "token_file", "protocol", "compression", "insecure", "ca", "cert", "color",
		"encoding", "maxsize", "maxage", "maxfiles", "maxline", "compress", "slice", "fsync", "database", "username", "password",
	}
}

// redact reads a table of what is redacted, or false.
func redact(t *setting.Table) any {
	switch v := t.Value("table or bool", "redact").(type) {
	case map[string]any:
		return v
	case nil:
		return nil
	default:
		if on, ok := setting.Bool(v); ok {
			return on
		}
		t.Problem("redact", "must be a table, or false to redact nothing, not %s", setting.Kind(v))
		return nil
	}
}
