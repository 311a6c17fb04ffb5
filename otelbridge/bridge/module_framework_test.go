package bridge_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook"
	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/memory"
	"github.com/tracehook/tracehook/otelbridge"
	"github.com/tracehook/tracehook/processor"
)

func quiet() otelbridge.Option { return otelbridge.WithLogger(slog.New(slog.DiscardHandler)) }

// A connection with a mistake, wherever it is, and one that can't be opened are out, by name; the
// others run.
func TestModuleLeavesOutWhatIsWrongAndTheOthersRun(t *testing.T) {
	t.Parallel()
	kept := memory.New()
	log := &lines{}
	m := newModule(log.option(), withKept(kept))
	m.Config(map[string]any{
		"trace": map[string]any{
			"good":    map[string]any{"driver": "kept"},
			"driver":  map[string]any{"driver": "kafka"},
			"key":     map[string]any{"driver": "kept", "bufer": 3},
			"setting": map[string]any{"path": 3},
			"path":    map[string]any{"driver": "file", "setting": map[string]any{"path": "/proc/nowhere/trace.log"}},
		},
		"otel": map[string]any{"servise": "shop"},
	})
	m.Setup()
	m.Open()
	m.Start()
	for range 5 {
		m.Begin(tracehook.NewMeta(), "s", nil).End()
	}
	err := m.Err()
	for _, want := range []string{"kafka", "bufer", "servise", `"path"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Err has no %q: %v", want, err)
		}
		if !strings.Contains(log.String(), strings.Trim(want, `"`)) {
			t.Errorf("the log has no %q:\n%s", want, log)
		}
	}
	h := m.Bridge().Health()
	if h.State != processor.StateFailing || h.Connections["good"].State != processor.StateOK || h.Connections["path"].State != processor.StateFailing {
		t.Errorf("Health is %+v", h)
	}
	m.Stop()
	m.Close()
	if kept.Len() != 5 {
		t.Errorf("the good connection has %d of 5 spans", kept.Len())
	}
}

func TestModuleMergesConfigurationAsTheFrameworkDoes(t *testing.T) {
	t.Parallel()
	type frameworkConfig struct {
		Driver  string
		Json    bool //nolint:revive // the framework's spelling
		Buffer  int
		Timeout time.Duration
		Sample  float64
		Setting map[string]any
	}
	kept := memory.New()
	m := newModule(quiet(), withKept(kept), otelbridge.WithIdentity(func() exporter.Identity { return exporter.Identity{Project: "shop", Node: "n1"} }))
	m.Register("structs", frameworkConfig{Driver: "kept", Buffer: 77})
	m.Register("", map[string]frameworkConfig{"more": {Driver: "kept", Timeout: time.Second}})
	m.Config(map[string]any{"trace": map[string]any{"code": map[string]any{"driver": "kept", "buffer": 55, "sample": map[string]any{"rate": 0.5, "error": false}}}})
	m.Config(map[string]any{"project": "ignored", "http": map[string]any{}})
	m.Config(map[string]any{"trace": map[string]any{"code": map[string]any{"buffer": 66, "sample": map[string]any{"rate": 1}}, "file": map[string]any{"driver": "kept"}}})
	m.Setup()
	if b := m.Bridge(); b == nil || m.Err() != nil {
		t.Fatalf("after Setup there is %v: %v", b, m.Err())
	}
	m.Open()
	st := m.Bridge().Stats()
	got := map[string]int64{}
	for name, c := range st.Connections {
		got[name] = c.QueueCap
	}
	if got["code"] != 66 || got["structs"] != 77 || len(got) != 4 {
		t.Errorf("connections with their queues: %v", got)
	}
	m.Begin(tracehook.NewMeta(), "failed", nil).End(errors.New("no"))
	m.Stop() // the connections share an exporter
	m.Close()
	if n := kept.Len(); n != 4 {
		t.Errorf("%d spans of 4 connections", n)
	}
	res := map[string]string{}
	for _, kv := range kept.Spans()[0].Resource().Attributes() {
		res[string(kv.Key)] = kv.Value.String()
	}
	if res["service.name"] != "shop" || res["infra.project"] != "shop" || res["infra.node"] != "n1" {
		t.Errorf("the resource is %v", res)
	}
}

// What a request that is under way ends between Stop and Close is exported, and the numbers answer
// afterwards, with the types that moved code asserts.
func TestModuleKeepsWhatEndsBetweenStopAndClose(t *testing.T) {
	t.Parallel()
	kept := memory.New()
	m := newModule(quiet(), withKept(kept))
	m.Config(map[string]any{"trace": map[string]any{"driver": "kept"}})
	m.Setup()
	m.Open()
	m.Start()
	request := m.Begin(tracehook.NewMeta(), "http:slow", nil)
	m.Stop()
	request.End()
	m.Close()
	m.Close()
	if kept.Len() != 1 {
		t.Errorf("%d spans", kept.Len())
	}
	st := m.Stats()
	//nolint:errcheck // moved code asserts so
	if st["started"].(bool) || st["connection_count"].(int) != 1 || st["queue_len"].(int) != 0 || st["queue_cap"].(int) == 0 ||
		st["flush_span_count"].(int64) != 1 || st["dropped_count"].(int64) != 0 || st["dynamic_sample_factor"].(float64) != 1 {
		t.Errorf("the numbers are %v", st)
	}
	if st["last_flush_latency_ms"].(int64) < 0 { //nolint:errcheck // moved code asserts so
		t.Errorf("the latency is %v", st["last_flush_latency_ms"])
	}
	//nolint:errcheck // moved code asserts so
	conn := st["connections"].(map[string]any)["default"].(map[string]any)
	//nolint:errcheck // moved code asserts so
	if conn["queue_cap"].(int) == 0 || conn["queued_count"].(int64) != 1 || conn["write_error_count"].(int64) != 0 || conn["last_write_latency_ms"].(int64) < 0 {
		t.Errorf("the connection's numbers are %v", conn)
	}
}

func TestModuleStopsWithinTheShutdownTimeout(t *testing.T) {
	t.Parallel()
	m := newModule(quiet(), otelbridge.WithDriver("hangs", func(context.Context, exporter.Settings) (sdktrace.SpanExporter, error) { return hangs{}, nil }))
	m.Config(map[string]any{"trace": map[string]any{"driver": "hangs"}, "otel": map[string]any{"shutdown_timeout": "600ms"}})
	m.Open()
	m.Begin(tracehook.NewMeta(), "s", nil).End()
	begin := time.Now()
	m.Stop()
	m.Close()
	if d := time.Since(begin); d > 30*time.Second {
		t.Errorf("Stop and Close took %v", d)
	}
	if m.Err() == nil {
		t.Error("nobody says that a span was lost")
	}
}

type hangs struct{}

func (hangs) ExportSpans(ctx context.Context, _ []sdktrace.ReadOnlySpan) error {
	<-ctx.Done()
	return ctx.Err()
}
func (hangs) Shutdown(context.Context) error { return nil }

func TestModuleThatInstallsItself(t *testing.T) { // not parallel: it is about globals
	provider, propagator := otel.GetTracerProvider(), otel.GetTextMapPropagator()
	t.Cleanup(func() {
		otel.SetTracerProvider(provider) //nolint:forbidigo // what Install changes
		otel.SetTextMapPropagator(propagator)
		tracehook.Attach(nil)
	})
	otel.SetTextMapPropagator(propagation.NewCompositeTextMapPropagator()) // as if none were installed
	kept := memory.New()
	m := newModule(quiet(), withKept(kept), otelbridge.WithInstall())
	m.Config(map[string]any{"trace": map[string]any{"driver": "kept"}})
	m.Setup()
	m.Open()
	meta := tracehook.NewMeta()
	span := m.Begin(meta, "ours", nil)
	headers := propagation.MapCarrier{}
	m.Inject(meta, headers)
	other := tracehook.NewMeta()
	if !m.Extract(other, headers) {
		t.Error("nothing was extracted")
	}
	span.End()
	spans(1, otel.GetTracerProvider())
	tracehook.NewMeta().Begin("Meta's", nil).End()
	m.Emit(meta, "event", "fail", map[string]any{"error": "no"})
	m.Close()
	if kept.Len() != 4 {
		t.Errorf("%d of 4 spans", kept.Len())
	}
}

// A log handler that hangs keeps nobody from asking.
func TestModuleLogsUnderNoLock(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	entered := make(chan struct{}, 100)
	m := newModule(otelbridge.WithLogger(slog.New(handler{slog.NewTextHandler(io.Discard, nil), func() { entered <- struct{}{}; <-hang }})))
	m.Config(map[string]any{"trace": map[string]any{"driver": "kafka"}})
	done := make(chan struct{})
	go func() { m.Open(); close(done) }()
	<-entered
	asked := make(chan struct{})
	go func() {
		defer close(asked)
		_, _ = m.Err(), m.Bridge()
		m.Register("x", 1)
	}()
	select {
	case <-asked:
	case <-time.After(patience):
		t.Error("whoever asks waits for the log handler")
	}
	close(hang)
	<-done
	<-asked
	m.Close()
}

// The framework's own shapes, as its drivers are written.
type (
	infraInstance struct {
		Name    string
		Config  struct{ Driver, Flag string }
		Setting map[string]any
	}
	infraSpan struct {
		Time         time.Time      `json:"time"`
		TraceId      string         `json:"trace_id,omitempty"` //nolint:revive // the framework's spelling
		SpanId       string         `json:"span_id,omitempty"`  //nolint:revive // the framework's spelling
		ParentSpanId string         `json:"parent_span_id"`     //nolint:revive // the framework's spelling
		Name         string         `json:"name"`
		Kind         string         `json:"kind"`
		ServiceName  string         `json:"service_name"`
		Target       string         `json:"target"`
		Status       string         `json:"status"`
		Code         int            `json:"code"`
		Result       string         `json:"result"`
		Duration     int64          `json:"duration"`
		Start        int64          `json:"start"`
		End          int64          `json:"end"`
		Attributes   map[string]any `json:"attributes"`
		Resource     map[string]any `json:"resource"`
	}
	infraConnection interface {
		Open() error
		Close() error
		Write(spans ...infraSpan) error
	}
	infraDriver struct {
		connect func(*infraInstance) (infraConnection, error)
	}
)

func (d *infraDriver) Connect(i *infraInstance) (infraConnection, error) { return d.connect(i) }

type infraConn struct {
	mu           sync.Mutex
	spans        []infraSpan
	open, closed bool
}

func (c *infraConn) Open() error  { c.open = true; return nil }
func (c *infraConn) Close() error { c.closed = true; return nil }
func (c *infraConn) Write(s ...infraSpan) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.spans = append(c.spans, s...)
	return nil
}

func TestDriversOfTheFrameworksUsers(t *testing.T) {
	t.Parallel()
	conn := &infraConn{}
	var instance *infraInstance
	log := &lines{}
	m := newModule(log.option())
	m.Register("theirs", &infraDriver{func(i *infraInstance) (infraConnection, error) { instance = i; return conn, nil }})
	m.Register("panics", &infraDriver{func(*infraInstance) (infraConnection, error) { panic("no broker") }}) //nolint:forbidigo // what a driver may do
	m.Register("nil", &infraDriver{func(*infraInstance) (infraConnection, error) { return nil, nil }})
	section := map[string]any{}
	for _, name := range []string{"theirs", "panics", "nil"} {
		section[name] = map[string]any{"driver": name, "flag": "f", "setting": map[string]any{"topic": "t"}}
	}
	m.Config(map[string]any{"trace": section})
	m.Setup()
	m.Open()
	meta := tracehook.NewMeta()
	outer := m.Begin(meta, "http:index", tracehook.TraceAttrs("web", "http", "index", tracehook.Map{"n": 3}))
	m.Begin(meta, "inner", nil).End(errors.New("no"))
	outer.End()
	err := m.Err()
	for _, want := range []string{"no broker", "Open, Close and Write"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Err has no %q: %v", want, err)
		}
	}
	m.Stop()
	m.Close()
	if instance.Name != "theirs" || instance.Setting["topic"] != "t" || instance.Config.Flag != "f" || !conn.open || !conn.closed {
		t.Errorf("instance %+v, open %t, closed %t", instance, conn.open, conn.closed)
	}
	if len(conn.spans) != 2 {
		t.Fatalf("%d spans", len(conn.spans))
	}
	inner, first := conn.spans[0], conn.spans[1]
	if inner.Status != "fail" || inner.Code != 1 || inner.Result != "no" || inner.ParentSpanId != first.SpanId || inner.TraceId != first.TraceId {
		t.Errorf("the inner span is %+v", inner)
	}
	if first.Name != "http:index" || first.Kind != "http" || first.ServiceName != "web" || first.Target != "index" || first.Status != "ok" ||
		first.Duration != first.End-first.Start || first.Time.UnixNano() != first.End {
		t.Errorf("the outer span is %+v", first)
	}
	if diff := cmp.Diff(map[string]any{"n": int64(3)}, first.Attributes); diff != "" {
		t.Errorf("its attributes (-want +got):\n%s", diff)
	}
}
