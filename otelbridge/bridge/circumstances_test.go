package bridge_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tracehook/tracehook"
	"github.com/tracehook/tracehook/exporter/memory"
	"github.com/tracehook/tracehook/processor"
	"github.com/tracehook/tracehook/test/otlptest"
)

// Whatever keeps one connection out, the others deliver everything, Health says which one it is and
// why, and it comes back by itself when the cause has gone.
func TestOneConnectionNeverTurnsOffTheOthers(t *testing.T) {
	t.Parallel()
	type circumstance struct {
		section map[string]any
		says    string
		mend    func(m *module)
		arrived func() bool // a span that ended after it was mended
	}
	inFile := func(path string) func() bool {
		return func() bool {
			data, err := os.ReadFile(path)
			return err == nil && strings.Contains(string(data), "after")
		}
	}
	file := func(path string) map[string]any {
		return map[string]any{"driver": "file", "timeout": "10ms", "setting": map[string]any{"path": path}}
	}
	for name, arrange := range map[string]func(t *testing.T) circumstance{
		"another process has the file": func(t *testing.T) circumstance {
			t.Helper()
			path := filepath.Join(t.TempDir(), "trace.log")
			other := newModule(quiet())
			other.Config(map[string]any{"trace": map[string]any{"driver": "file", "setting": map[string]any{"path": path}}})
			other.Open()
			return circumstance{file(path), "somebody else", func(*module) { other.Close() }, inFile(path)}
		},
		"the path can't be written to": func(t *testing.T) circumstance {
			t.Helper()
			blocked := filepath.Join(t.TempDir(), "blocked")
			if err := os.WriteFile(blocked, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(blocked, "trace.log")
			return circumstance{file(path), "blocked", func(*module) {
				if err := os.Remove(blocked); err != nil {
					t.Error(err)
				}
			}, inFile(path)}
		},
		"the driver is unknown": func(*testing.T) circumstance {
			conn := &infraConn{}
			return circumstance{
				map[string]any{"driver": "theirs"},
				`unknown driver "theirs"`,
				func(m *module) {
					m.Register("theirs", &infraDriver{func(*infraInstance) (infraConnection, error) { return conn, nil }})
				},
				func() bool {
					conn.mu.Lock()
					defer conn.mu.Unlock()
					return len(conn.spans) > 0
				},
			}
		},
		"nobody listens at the endpoint": func(t *testing.T) circumstance {
			t.Helper()
			receiver := otlptest.NewHTTP(t)
			receiver.Down()
			return circumstance{
				map[string]any{
					"driver": "otlp", "timeout": "10ms", "setting": map[string]any{"endpoint": "http://" + receiver.Address()},
					"retry": map[string]any{"initial": "10ms", "max": "50ms", "budget": "300ms"},
				},
				"refused",
				func(*module) { receiver.Up() },
				func() bool { return len(receiver.Spans()) > 0 },
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := arrange(t)
			good := memory.New()
			m := newModule(quiet(), withKept(good))
			m.Config(map[string]any{"trace": map[string]any{"good": map[string]any{"driver": "kept", "timeout": "10ms"}, "bad": c.section}})
			m.Setup()
			m.Open()
			m.Start()
			t.Cleanup(m.Close)
			for range 10 {
				m.Begin(tracehook.NewMeta(), "before", nil).End()
			}
			until := func(what string, ok func() bool) {
				t.Helper()
				for end := time.Now().Add(time.Minute); !ok(); time.Sleep(10 * time.Millisecond) {
					if time.Now().After(end) {
						t.Fatalf("%s never came: Health is %+v, Err %v", what, m.Bridge().Health(), m.Err())
					}
				}
			}
			until("what the good connection is to have", func() bool { return good.Len() == 10 })
			until("the reason", func() bool {
				h := m.Bridge().Health().Connections
				return h["bad"].State == processor.StateFailing && strings.Contains(h["bad"].Why, c.says) && h["good"].State == processor.StateOK
			})
			c.mend(m)
			until("the connection", func() bool {
				m.Begin(tracehook.NewMeta(), "after", nil).End()
				time.Sleep(20 * time.Millisecond)
				return c.arrived() && m.Bridge().Health().Connections["bad"].State != processor.StateFailing && m.Bridge().Err() == nil
			})
		})
	}
}
