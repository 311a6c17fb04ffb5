package bridge_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/memory"
	"github.com/tracehook/tracehook/otelbridge"
	"github.com/tracehook/tracehook/processor"
)

// withKept adds the driver "kept" and returns what it has.
func withKept(kept *memory.Exporter) otelbridge.Option {
	return otelbridge.WithDriver("kept", func(context.Context, exporter.Settings) (sdktrace.SpanExporter, error) { return kept, nil })
}

func twoInOneDirectory(dir string) string {
	return fmt.Sprintf("[trace.kept]\ndriver = \"kept\"\n[trace.file]\ndriver = \"file\"\ntimeout = \"10ms\"\n[trace.file.setting]\npath = %q\n",
		filepath.Join(dir, "trace.log"))
}

func spans(n int, tp trace.TracerProvider) {
	for range n {
		_, span := tp.Tracer("test").Start(context.Background(), "s")
		span.End()
	}
}

// Two processes want the same file: the second one's other connections run, it says what is out and
// why, and the connection comes by itself when the first one has gone.
func TestAConnectionThatCannotBeOpenedWaitsAndTheOthersRun(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cfg := parse(t, twoInOneDirectory(dir))
	first, err := otelbridge.New(t.Context(), cfg, withKept(memory.New()))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := otelbridge.New(t.Context(), cfg, withKept(memory.New()), otelbridge.WithStrict("file")); err == nil {
		t.Error("a strict connection that can't be opened is no error")
	}
	kept := memory.New()
	second, err := otelbridge.New(t.Context(), cfg, withKept(kept))
	if err != nil {
		t.Fatal(err)
	}
	if err := second.Err(); err == nil || !strings.Contains(err.Error(), `"file"`) || !strings.Contains(err.Error(), "somebody else") {
		t.Errorf("Err is %v", err)
	}
	spans(10, second.TracerProvider())
	begin := time.Now()
	if err := second.ForceFlush(t.Context()); err == nil || !strings.Contains(err.Error(), "10 spans are waiting") {
		t.Errorf("ForceFlush returned %v", err)
	}
	if d := time.Since(begin); d > 30*time.Second {
		t.Errorf("ForceFlush waited %v for a connection that isn't open", d)
	}
	if kept.Len() != 10 {
		t.Errorf("the other connection has %d of 10 spans", kept.Len())
	}
	if h := second.Health(); h.State != processor.StateFailing || !strings.Contains(h.Connections["file"].Why, "not open") ||
		h.Connections["kept"].State != processor.StateOK {
		t.Errorf("Health is %+v", h)
	}
	if err := first.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(2 * time.Minute)
	for second.Err() != nil && time.Now().Before(deadline) {
		time.Sleep(20 * time.Millisecond)
	}
	if err := errors.Join(second.Err(), second.Shutdown(t.Context())); err != nil {
		t.Error(err)
	}
	if data, err := os.ReadFile(filepath.Join(dir, "trace.log")); err != nil || strings.Count(string(data), "\n") != 10 {
		t.Errorf("the file has %d of 10 lines: %v", strings.Count(string(data), "\n"), err)
	}
}

func TestAConnectionThatNeverOpensKeepsNoShutdownWaiting(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cfg := parse(t, twoInOneDirectory(dir))
	first, err := otelbridge.New(t.Context(), cfg, withKept(memory.New()))
	if err != nil {
		t.Fatal(err)
	}
	second, err := otelbridge.New(t.Context(), cfg, withKept(memory.New()))
	if err != nil {
		t.Fatal(err)
	}
	spans(10, second.TracerProvider())
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	begin := time.Now()
	err = second.Shutdown(ctx)
	if d := time.Since(begin); d > 30*time.Second {
		t.Errorf("Shutdown took %v", d)
	}
	if err == nil || !strings.Contains(err.Error(), `"file"`) || !strings.Contains(err.Error(), "10") {
		t.Errorf("Shutdown returned %v, want the 10 spans", err)
	}
	if st := second.Stats(); st.Connections["file"].Failed != 10 || st.Connections["kept"].Exported != 10 {
		t.Errorf("failed %d, exported by the other %d", st.Connections["file"].Failed, st.Connections["kept"].Exported)
	}
	if err := first.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestWithFallbackGoesOnWithoutWhatIsWrong(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "trace.toml")
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{"no file": "", "not TOML": "[trace", "unknown key": "[trace]\nbufer = 1\n"} {
		if text != "" {
			write(text)
		}
		kept := memory.New()
		b, err := otelbridge.Open(t.Context(), path, withKept(kept), otelbridge.WithFallback())
		if err != nil {
			t.Fatal(name, err)
		}
		if b.Err() == nil || b.Health().State != processor.StateFailing {
			t.Errorf("%s: Err is %v, Health %+v", name, b.Err(), b.Health())
		}
		spans(1, b.TracerProvider())
		write("[trace]\ndriver = \"kept\"\n")
		deadline := time.Now().Add(2 * time.Minute)
		for b.Err() != nil && time.Now().Before(deadline) {
			time.Sleep(20 * time.Millisecond)
		}
		spans(1, b.TracerProvider())
		if err := errors.Join(b.Err(), b.Shutdown(t.Context())); err != nil {
			t.Error(name, err)
		}
		if kept.Len() != 1 {
			t.Errorf("%s: %d spans after the file was mended", name, kept.Len())
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWithFallbackLeavesOutAConnectionWithAMistake(t *testing.T) {
	t.Parallel()
	kept := memory.New()
	cfg := parse(t, "[trace.a]\ndriver = \"kafka\"\n[trace.b]\ndriver = \"kept\"\n[trace.c]\ndriver = \"file\"\nsetting = { maxsice = 3 }\n")
	b, err := otelbridge.New(t.Context(), cfg, withKept(kept), otelbridge.WithFallback())
	if err != nil {
		t.Fatal(err)
	}
	spans(3, b.TracerProvider())
	for _, want := range []string{"trace.a.driver", "kafka", "trace.c.setting.maxsice"} {
		if err := b.Err(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Err is %v, want %q in it", err, want)
		}
	}
	if h := b.Health(); h.Connections["a"].State != processor.StateFailing || h.Connections["b"].State != processor.StateOK ||
		h.Connections["c"].State != processor.StateFailing {
		t.Errorf("Health is %+v", h)
	}
	if err := b.Shutdown(t.Context()); err != nil || kept.Len() != 3 {
		t.Errorf("%d of 3 spans: %v", kept.Len(), err)
	}
	if _, err := otelbridge.New(t.Context(), cfg, withKept(kept), otelbridge.WithFallback(), otelbridge.WithStrict("c")); err == nil {
		t.Error("a mistake in a strict connection is no error")
	}
}

// No method of a nil Bridge panics, whatever it is given.
func TestANilBridgeDoesNothing(t *testing.T) {
	t.Parallel()
	var b *otelbridge.Bridge
	v := reflect.ValueOf(b)
	for i := range v.NumMethod() {
		m := v.Method(i)
		name := v.Type().Method(i).Name
		var args []reflect.Value
		for j := range m.Type().NumIn() {
			if m.Type().IsVariadic() && j == m.Type().NumIn()-1 {
				break
			}
			switch in := m.Type().In(j); {
			case in == reflect.TypeFor[context.Context]():
				args = append(args, reflect.ValueOf(t.Context()))
			case in == reflect.TypeFor[config.Config]():
				args = append(args, reflect.ValueOf(config.Default()))
			case in == reflect.TypeFor[fmt.State]():
				return // package fmt calls it, never with nil
			default:
				args = append(args, reflect.Zero(in))
			}
		}
		func() {
			defer func() {
				if r := recover(); r != nil {
					t.Errorf("%s panicked: %v", name, r)
				}
			}()
			m.Call(args)
		}()
	}
	if b.Err() == nil || b.Reload(t.Context(), config.Default()) == nil {
		t.Error("a nil Bridge doesn't say that there is none")
	}
	spans(1, b.TracerProvider())
	b.Hook().Begin(nil, "x", nil).End()
}
