package plan_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/goleak"

	"github.com/tracehook/tracehook/cmd/tracehook/internal/plan"
	"github.com/tracehook/tracehook/cmd/tracehook/internal/wire"
	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/exporter/file/readback"
	"github.com/tracehook/tracehook/otelbridge"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// recorder is a connection that records what plan needs.
const recorder = `
[otel]
service = "shop"
[trace.recorder]
driver = "file"
redact = false
sample = { error = false }
[trace.recorder.setting]
path = "DIR/recorder.jsonl"
encoding = "otlp"
`

// connections are what is tried; each writes what it really keeps to a file.
var connections = map[string]string{
	"rules": `rate = 0.3
rules = [ { name = "GET *", sample = 0.1 }, { name = "GET /a", sample = 0.9 }, { kind = "client", sample = 0 }, { attrs = { vip = true, n = ["1?", "7"] }, sample = 1 } ]`,
	"errors":  "rate = 0\nerror = true",
	"slow":    "rate = 0.05\nerror = false\nslow = \"400ms\"",
	"nothing": "rate = 0\nerror = false",
	"whole":   "scope = \"trace\"\nrate = 0.1\nslow = \"900ms\"\nrules = [ { name = \"db *\", sample = 0.4, attrs = { n = 3 } } ]",
	"quiet":   "scope = \"trace\"\nrate = 0.25\nerror = false",
	"counter": "key = \"counter\"\nrate = 0.37",
	"by_span": "key = \"span_id\"\nrate = 0.5",
	"ignores": "parent = \"ignore\"\nrate = 0.2",
}

func configuration(t *testing.T, dir string, conns map[string]string, recording bool) config.Config {
	t.Helper()
	var text strings.Builder
	if text.WriteString("[otel]\nservice = \"shop\"\n"); recording {
		text.Reset()
		text.WriteString(strings.ReplaceAll(recorder, "DIR", dir))
	}
	for name, sample := range conns {
		fmt.Fprintf(&text, "[trace.%s]\ndriver = \"file\"\nbuffer = 100000\n[trace.%s.setting]\npath = %q\n[trace.%s.sample]\n%s\n",
			name, name, filepath.Join(dir, name+".jsonl"), name, sample)
	}
	cfg, err := config.Parse([]byte(text.String()), "toml")
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// hour lets an hour of traffic go by, in which spans say themselves when they were: roots, spans below
// other services, several at once, errors, slow ones.
func hour(t *testing.T, tp trace.TracerProvider, seed uint64) {
	t.Helper()
	random := rand.New(rand.NewPCG(seed, 1))
	tracer := tp.Tracer("test", trace.WithInstrumentationVersion("1"))
	now := time.Now().Add(-time.Hour).Truncate(time.Second)
	tick := func(most time.Duration) time.Time {
		now = now.Add(1 + time.Duration(random.Int64N(int64(most))))
		return now
	}
	for range 600 {
		tick(10 * time.Second)
		ctx := entry(random)
		type live struct {
			ctx  context.Context
			span trace.Span
		}
		names := []string{"GET /a", "GET /b", "POST /c", "db query", "db write", "work"}
		kinds := []trace.SpanKind{trace.SpanKindServer, trace.SpanKindClient, trace.SpanKindInternal}
		var open []live
		begin := func(in context.Context) {
			c, s := tracer.Start(in, names[random.IntN(len(names))], trace.WithTimestamp(tick(50*time.Millisecond)), //nolint:spancheck // it ends below
				trace.WithSpanKind(kinds[random.IntN(len(kinds))]))
			s.SetAttributes(attribute.Bool("vip", random.IntN(3) == 0), attribute.Int("n", random.IntN(20)))
			open = append(open, live{c, s})
		} //nolint:spancheck // it ends below
		begin(ctx)
		for n := random.IntN(12); n > 0 || len(open) > 0; n-- {
			if n > 0 && len(open) > 0 && random.IntN(3) > 0 {
				begin(open[random.IntN(len(open))].ctx)
				continue
			}
			if len(open) == 0 {
				break
			}
			at := random.IntN(len(open))
			one := open[at]
			open = append(open[:at], open[at+1:]...)
			if random.IntN(40) == 0 {
				one.span.SetStatus(codes.Error, "refused")
			}
			if random.IntN(5) == 0 {
				one.span.AddEvent("tried again", trace.WithTimestamp(now))
			}
			one.span.End(trace.WithTimestamp(tick(200 * time.Millisecond)))
		}
	}
}

// entry is where a trace comes from: nowhere, or a service that has sampled it, with a weight or none.
func entry(random *rand.Rand) context.Context {
	ctx := context.Background()
	if random.IntN(4) > 0 {
		return ctx
	}
	var c trace.SpanContextConfig
	binary.BigEndian.PutUint64(c.TraceID[:], random.Uint64())
	binary.BigEndian.PutUint64(c.TraceID[8:], random.Uint64()|1<<55) // at least one half of 2^56
	binary.BigEndian.PutUint64(c.SpanID[:], random.Uint64())
	c.TraceFlags, c.Remote = trace.FlagsSampled, true
	if random.IntN(2) == 0 {
		c.TraceState, _ = trace.ParseTraceState([]string{"ot=th:8", "ot=th:4;rv:f0000000000000,other=1"}[random.IntN(2)])
	}
	return trace.ContextWithRemoteSpanContext(ctx, trace.NewSpanContext(c))
}

type spanKey struct {
	trace trace.TraceID
	id    trace.SpanID
}

// recorded reads a recording.
func recorded(t *testing.T, path string) *plan.Recording {
	t.Helper()
	r := new(plan.Recording)
	for rec, err := range readback.Read(path, readback.WithoutSpans()) {
		if err != nil {
			t.Fatal(err)
		}
		data, err := wire.FromJSON(rec.Raw)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Add(data, true); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// Each connection keeps, span by span, what the replay of the recording says.
func TestReplayIsWhatConnectionsKeep(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		dir := t.TempDir()
		b, err := otelbridge.New(t.Context(), configuration(t, dir, connections, true))
		if err != nil {
			t.Fatal(err)
		}
		hour(t, b.TracerProvider(), seed)
		if err := b.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		r := recorded(t, filepath.Join(dir, "recorder.jsonl"))
		if r.Len() < 1500 || r.Duration() < 45*time.Minute {
			t.Fatalf("%d spans of %v were recorded", r.Len(), r.Duration())
		}
		result, err := plan.Run(t.Context(), r, configuration(t, dir, connections, false))
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range result.Connections {
			kept := make(map[spanKey]bool)
			path := filepath.Join(dir, c.Name+".jsonl")
			for rec, err := range readback.Read(path) {
				if err != nil {
					t.Fatal(err)
				}
				k := spanKey{rec.Span.TraceID, rec.Span.ID}
				if kept[k] = true; !c.Keeps(k.trace, k.id) {
					t.Errorf("seed %d, %s: kept and not planned: %s of trace %s", seed, c.Name, rec.Span.Name, k.trace)
				}
			}
			if len(kept) != c.Kept {
				t.Errorf("seed %d, %s: %d spans are planned, %d were kept", seed, c.Name, c.Kept, len(kept))
			}
			if info, err := os.Stat(path); c.Bytes > 0 && (err != nil || info.Size() != c.Bytes) {
				t.Errorf("seed %d, %s: %d bytes are planned, %d were written (%v)", seed, c.Name, c.Bytes, info.Size(), err)
			}
			if c.Kept == 0 && c.Name != "nothing" {
				t.Errorf("seed %d, %s: nothing is kept, which shows nothing", seed, c.Name)
			}
		}
	}
}

// The largest error is that of a common name: what there is once or twice is estimated badly by every rate.
func TestTheLargestErrorIsOfACommonName(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	rules := map[string]string{"thin": `rules = [ { name = "rare", sample = 0 }, { name = "common", sample = 0.5 } ]`}
	b, err := otelbridge.New(t.Context(), configuration(t, dir, rules, true))
	if err != nil {
		t.Fatal(err)
	}
	const spans = 302 // an odd number of common ones: half of an even one may be kept exactly, without an error
	for i := range spans {
		name := "common"
		if i == 0 {
			name = "rare"
		}
		_, s := b.TracerProvider().Tracer("test").Start(t.Context(), name)
		s.End()
	}
	if err := b.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	result, err := plan.Run(t.Context(), recorded(t, filepath.Join(dir, "recorder.jsonl")), configuration(t, dir, rules, false))
	if err != nil {
		t.Fatal(err)
	}
	if c := result.Connections[0]; c.Spans != spans || c.WorstName != "common" || math.Abs(c.WorstError) > 0.5 {
		t.Errorf("of %d spans the largest error is %v, of %q", c.Spans, c.WorstError, c.WorstName)
	}
}

// A limit lets pass what it let pass, give or take a bucket.
func TestReplayOfALimit(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const perSecond = 50
	limited := map[string]string{"limited": fmt.Sprintf("limit = %d", perSecond), "whole": fmt.Sprintf("scope = \"trace\"\nlimit = %d", perSecond)}
	b, err := otelbridge.New(t.Context(), configuration(t, dir, limited, true))
	if err != nil {
		t.Fatal(err)
	}
	tracer := b.TracerProvider().Tracer("test")
	for range 50 {
		for range 20 {
			_, s := tracer.Start(t.Context(), "x")
			s.End()
		}
		time.Sleep(20 * time.Millisecond)
	}
	if err := b.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	result, err := plan.Run(t.Context(), recorded(t, filepath.Join(dir, "recorder.jsonl")), configuration(t, dir, limited, false))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range result.Connections {
		kept := 0
		for _, err := range readback.Read(filepath.Join(dir, c.Name+".jsonl")) {
			if kept++; err != nil {
				t.Fatal(err)
			}
		}
		if off := c.Kept - kept; off > perSecond || off < -perSecond || c.Kept == c.Spans {
			t.Errorf("%s: %d of %d spans are planned, %d were kept", c.Name, c.Kept, c.Spans, kept)
		}
	}
}

// What a recording lacks is said.
func TestLacks(t *testing.T) {
	t.Parallel()
	keep := map[string]string{"a": `rules = [ { name = "x", attrs = { secret = "y*" }, sample = 0.5 } ]`}
	record := func(settings string, spans func(tp trace.TracerProvider)) string {
		dir := t.TempDir()
		cfg, err := config.Parse([]byte(strings.ReplaceAll(strings.ReplaceAll(recorder, "DIR", dir), "redact = false\nsample = { error = false }", settings)), "toml")
		if err != nil {
			t.Fatal(err)
		}
		b, err := otelbridge.New(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		spans(b.TracerProvider())
		if err := b.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		return filepath.Join(dir, "recorder.jsonl")
	}
	one := func(tp trace.TracerProvider) {
		ctx, root := tp.Tracer("t").Start(context.Background(), "x", trace.WithAttributes(attribute.String("secret", "https://u:p@h/")))
		_, child := tp.Tracer("t").Start(ctx, "x")
		child.End()
		root.End()
	}
	many := func(tp trace.TracerProvider) {
		for range 100 {
			one(tp)
		}
	}
	remote := func(tp trace.TracerProvider) {
		_, s := tp.Tracer("t").Start(trace.ContextWithRemoteSpanContext(context.Background(), trace.NewSpanContext(trace.SpanContextConfig{
			TraceID: trace.TraceID{1}, SpanID: trace.SpanID{1}, TraceFlags: trace.FlagsSampled,
		})), "x")
		s.End()
	}
	half := func(tp trace.TracerProvider) {
		ctx, _ := tp.Tracer("t").Start(context.Background(), "x") //nolint:spancheck // its end isn't recorded
		_, child := tp.Tracer("t").Start(ctx, "x")
		child.End()
	}
	for _, test := range []struct {
		name, settings string
		make           func(tp trace.TracerProvider)
		want           string
	}{
		{"exact", "redact = false", one, ""},
		{"redacted", "", one, "a rule asks for secret"},
		{"thinned", "redact = false\nsample = { rate = 0.5 }", many, "stand for others"},
		{"other services", "redact = false", remote, "in other processes"},
		{"no parent", "redact = false", half, "weren't recorded"},
	} {
		lacks := strings.Join(recorded(t, record(test.settings, test.make)).Lacks(configuration(t, t.TempDir(), keep, false)), "\n")
		if test.want == "" && lacks != "" || !strings.Contains(lacks, test.want) {
			t.Errorf("%s: %q, want %q", test.name, lacks, test.want)
		}
	}
}

func TestConditions(t *testing.T) {
	t.Parallel()
	r := &plan.Result{Connections: []*plan.Connection{
		{Name: "a.b", Spans: 200, Kept: 50, BytesPerDay: 3 << 30, Failing: 4, FailingWhole: 3, Error: -0.25}, {Name: "c", Spans: 10},
	}}
	for text, want := range map[string]int{
		"a.b.kept > 20%": 1, "a.b.kept > 25%": 0, "a.b.kept >= 25%": 1, "a.b.kept>49": 1, "*.kept < 30 %": 2,
		"a.b.bytes_per_day > 2GB": 1, "a.b.bytes_per_day > 4GiB": 0, "a.b.failing_whole < 100%": 1, "c.failing_whole < 100%": 0,
		"a.b.estimate_error > 20%": 1, "a.b.left_out <= 150": 1,
	} {
		c, err := plan.ParseCondition(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got, err := c.Holds(r); err != nil || len(got) != want {
			t.Errorf("%s: %q, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "kept > 1", "a.nothing > 1", "a.kept = 1", "a.kept > x", "a.bytes_per_day > 10%", "a.kept > 1.2.3"} {
		if _, err := plan.ParseCondition(text); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
	if c, _ := plan.ParseCondition("d.kept > 1"); true {
		if _, err := c.Holds(r); err == nil {
			t.Error("a connection that there isn't is no error")
		}
	}
}
