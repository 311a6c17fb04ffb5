package bridge_test

import (
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/tracehook/tracehook"
	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/memory"
	"github.com/tracehook/tracehook/processor"
)

// badConn is a connection of the framework's kind whose methods do what a test wants.
type badConn struct {
	open, close func() error
	write       func(spans ...infraSpan) error
}

func call(f func() error) error {
	if f == nil {
		return nil
	}
	return f()
}

func (c *badConn) Open() error  { return call(c.open) }
func (c *badConn) Close() error { return call(c.close) }
func (c *badConn) Write(s ...infraSpan) error {
	if c.write == nil {
		return nil
	}
	return c.write(s...)
}

// Whatever a driver of the framework's users does, the application starts, the other connection gets
// everything, a sentence says which connection is out and why, and the end comes in time.
func TestDriversThatMisbehave(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	t.Cleanup(func() { close(hang) })
	hangs := func() error { <-hang; return nil }
	panics := func() error { panic("no broker") } //nolint:forbidigo // what a driver may do
	exits := func() error { runtime.Goexit(); return nil }
	made := func(c *badConn) any {
		return &infraDriver{func(*infraInstance) (infraConnection, error) { return c, nil }}
	}
	connect := func(f func() error) any {
		return &infraDriver{func(*infraInstance) (infraConnection, error) { return &badConn{}, f() }}
	}
	var none *badConn
	for name, tc := range map[string]struct {
		driver any
		says   string // by Err or Health while it runs; "" if nothing is wrong yet
		atEnd  string // by Err after Close
	}{
		"Connect panics":               {connect(panics), "the driver panicked: no broker", "bad"},
		"Connect fails":                {connect(func() error { return errors.New("no route") }), "no route", "bad"},
		"Connect hangs":                {connect(hangs), "has not returned from Connect", "bad"},
		"Connect ends its goroutine":   {connect(exits), "ended its goroutine", "bad"},
		"Connect returns nil":          {&infraDriver{func(*infraInstance) (infraConnection, error) { return nil, nil }}, "Open, Close and Write", "bad"},
		"Connect returns a nil inside": {&infraDriver{func(*infraInstance) (infraConnection, error) { return none, nil }}, "the driver panicked", "bad"},
		"Open panics":                  {made(&badConn{open: panics}), "the driver panicked: no broker", "bad"},
		"Open hangs":                   {made(&badConn{open: hangs}), "has not returned from Connect or Open", "bad"},
		"Write panics":                 {made(&badConn{write: func(...infraSpan) error { return panics() }}), "no broker", "bad"},
		"Write fails":                  {made(&badConn{write: func(...infraSpan) error { return errors.New("no route") }}), "no route", "bad"},
		"Write hangs":                  {made(&badConn{write: func(...infraSpan) error { return hangs() }}), "", "bad"},
		"Write changes what it is given": {made(&badConn{write: func(s ...infraSpan) error {
			for i := range s {
				clear(s[i].Attributes)
				s[i] = infraSpan{}
			}
			return nil
		}}), "", ""},
		"Close panics":        {made(&badConn{close: panics}), "", "no broker"},
		"Close hangs":         {made(&badConn{close: hangs}), "", "bad"},
		"it is a nil pointer": {(*infraDriver)(nil), "the driver panicked", "bad"},
		"it has no factory":   {exporter.Driver{}, "unknown driver", ""},
		"it is nil":           {nil, "unknown driver", ""},
		"it is no driver":     {42, "unknown driver", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			kept := memory.New()
			m := newModule(quiet(), withKept(kept))
			m.Register("theirs", tc.driver)
			m.Config(map[string]any{
				"trace": map[string]any{"good": map[string]any{"driver": "kept"}, "bad": map[string]any{"driver": "theirs"}},
				"otel":  map[string]any{"shutdown_timeout": "1s"},
			})
			m.Setup()
			m.Open()
			m.Start()
			for range 5 {
				m.Begin(tracehook.NewMeta(), "s", tracehook.Map{"n": 1}).End()
			}
			says := func() string {
				text := m.Bridge().Health().Connections["bad"].Why
				if err := m.Err(); err != nil {
					text += err.Error()
				}
				return text
			}
			waits := func() bool { return kept.Len() < 5 || !strings.Contains(says(), tc.says) }
			for deadline := time.Now().Add(time.Minute); waits() && time.Now().Before(deadline); {
				time.Sleep(10 * time.Millisecond)
			}
			if !strings.Contains(says(), tc.says) {
				t.Errorf("Health and Err say %q, want %q", says(), tc.says)
			}
			if h := m.Bridge().Health().Connections["good"]; h.State != processor.StateOK {
				t.Errorf("the good connection is %+v", h)
			}
			begin := time.Now()
			m.Stop()
			m.Close()
			if d := time.Since(begin); d > time.Minute {
				t.Errorf("Stop and Close took %v", d)
			}
			if kept.Len() != 5 {
				t.Errorf("the good connection has %d of 5 spans", kept.Len())
			}
			if err := m.Err(); tc.atEnd != "" && (err == nil || !strings.Contains(err.Error(), tc.atEnd)) || tc.atEnd == "" && tc.says == "" && err != nil {
				t.Errorf("after Close, Err is %v, want %q", err, tc.atEnd)
			}
		})
	}
}

// A driver that comes late brings the connections that waited for it, and none of the others is touched.
func TestADriverThatIsRegisteredLate(t *testing.T) {
	t.Parallel()
	kept, conn := memory.New(), &infraConn{}
	m := newModule(quiet(), withKept(kept))
	m.Config(map[string]any{"trace": map[string]any{
		"good": map[string]any{"driver": "kept"}, "late": map[string]any{"driver": "theirs"}, "never": map[string]any{"driver": "kafka"},
	}})
	m.Open()
	m.Begin(tracehook.NewMeta(), "before", nil).End()
	if h := m.Bridge().Health().Connections; h["late"].State != processor.StateFailing || !strings.Contains(h["late"].Why, `"theirs"`) {
		t.Errorf("Health is %+v", h)
	}
	m.Register("theirs", &infraDriver{func(*infraInstance) (infraConnection, error) { return conn, nil }})
	m.Begin(tracehook.NewMeta(), "after", nil).End()
	h := m.Bridge().Health().Connections
	if h["late"].State != processor.StateOK || h["never"].State != processor.StateFailing {
		t.Errorf("afterwards, Health is %+v", h)
	}
	if err := m.Err(); err == nil || strings.Contains(err.Error(), `driver "theirs"`) || !strings.Contains(err.Error(), "kafka") {
		t.Errorf("afterwards, Err is %v", err)
	}
	m.Stop()
	m.Close()
	if kept.Len() != 2 || len(conn.spans) != 1 || conn.spans[0].Name != "after" {
		t.Errorf("good has %d spans, late %+v", kept.Len(), conn.spans)
	}
}
