package bridge_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/decision"
	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/otelbridge"
)

// groups are what estimates are compared for: spans of a name, and spans that match a rule or none.
const groups = 10

func groupNames() [groups]string {
	return [groups]string{"http:a", "http:b", "cron", "db", "cache", "http:out", "rule http:*", "rule cron", "rule db, vip", "no rule"}
}

// weights has a number for each group.
type weights [groups]float32

// add adds a span to the groups that it is in.
func (w *weights) add(name string, vip bool, weight float32) {
	w[slices.Index(traceNames(), name)] += weight
	rule := 9
	switch {
	case strings.HasPrefix(name, "http:"):
		rule = 6
	case name == "cron":
		rule = 7
	case name == "db" && vip:
		rule = 8
	}
	w[rule] += weight
}

func traceNames() []string { all := groupNames(); return all[:6] }

// traceWeights is an exporter that adds up what spans stand for.
type traceWeights struct {
	mu    sync.Mutex
	sums  map[trace.TraceID]*weights
	parts map[int64]*exportedPart
}

// exportedPart is the spans of a part, and whether all have the same th.
type exportedPart struct {
	spans int
	ot    string
	mixed bool
}

func newTraceWeights() *traceWeights {
	return &traceWeights{sums: map[trace.TraceID]*weights{}, parts: map[int64]*exportedPart{}}
}

func (e *traceWeights) ExportSpans(_ context.Context, spans []sdktrace.ReadOnlySpan) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, s := range spans {
		sc := s.SpanContext()
		st := decision.ReadState(sc.TraceState(), sc.TraceID())
		sum := e.sums[sc.TraceID()]
		if sum == nil {
			sum = new(weights)
			e.sums[sc.TraceID()] = sum
		}
		weight := 1.0
		if st.HasThreshold {
			weight = st.Threshold.AdjustedCount()
		}
		vip := false
		for _, kv := range s.Attributes() {
			switch kv.Key {
			case "vip":
				vip = kv.Value.AsBool()
			case "part":
				e.part(kv.Value.AsInt64(), sc.TraceState().Get("ot"))
			}
		}
		sum.add(s.Name(), vip, float32(weight))
	}
	return nil
}

// part counts a span of a part.
func (e *traceWeights) part(at int64, ot string) {
	p := e.parts[at]
	if p == nil {
		p = &exportedPart{ot: ot}
		e.parts[at] = p
	}
	p.spans++
	p.mixed = p.mixed || p.ot != ot
}

func (*traceWeights) Shutdown(context.Context) error { return nil }

// z compares the estimate of a group's spans with the truth, in standard errors. Spans of a trace
// aren't independent, so that traces are what is counted.
func (e *traceWeights) z(group int, truth map[trace.TraceID]*weights) (z, estimate, want float64) {
	var sum, squares float64
	for id, of := range truth {
		var got float64
		if sums := e.sums[id]; sums != nil {
			got = float64(sums[group])
		}
		d := got - float64(of[group])
		estimate += got
		want += float64(of[group])
		sum += d
		squares += d * d
	}
	if squares == 0 {
		return 0, estimate, want
	}
	return sum / math.Sqrt(squares), estimate, want
}

// traceTraffic makes requests of random shapes.
type traceTraffic struct {
	rnd    *rand.Rand
	tracer trace.Tracer
	errors bool
	truth  map[trace.TraceID]*weights
	parts  map[int64]*trafficPart
	next   int64
}

type trafficPart struct {
	spans  int
	agrees bool // all its spans have the same floor
	failed bool
}

// parent makes what a caller sends: nothing, a sampled parent with or without th, or one that
// isn't sampled.
func (g *traceTraffic) parent() context.Context {
	var c trace.SpanContextConfig
	for i := range c.TraceID {
		c.TraceID[i] = byte(g.rnd.Uint32())
	}
	c.SpanID = trace.SpanID{1, byte(g.rnd.Uint32()), byte(g.rnd.Uint32())}
	c.Remote = true
	p := [...]float64{0, 0, 1, 0.5, 0.1}[g.rnd.IntN(5)]
	if p == 0 {
		return context.Background()
	}
	if t := decision.FromProbability(p); t.Keeps(decision.TraceRandomness(c.TraceID)) {
		c.TraceFlags = trace.FlagsSampled
		if p < 1 {
			c.TraceState, _ = trace.ParseTraceState("ot=th:" + t.String())
		}
	}
	return trace.ContextWithSpanContext(context.Background(), trace.NewSpanContext(c))
}

type openSpan struct {
	span trace.Span
	ctx  context.Context
	name string
}

// request is one trace: one or two calls, one after the other or at the same time.
func (g *traceTraffic) request() {
	parent := g.parent()
	calls := 1
	if trace.SpanContextFromContext(parent).IsValid() && g.rnd.IntN(4) == 0 {
		calls = 2
	}
	var open []openSpan
	part := &trafficPart{agrees: calls == 1}
	g.next++
	g.parts[g.next] = part
	start := func(ctx context.Context, name string) {
		part.spans++
		o := openSpan{name: name}
		//nolint:spancheck // end does it
		o.ctx, o.span = g.tracer.Start(ctx, name, trace.WithAttributes(attribute.Int64("part", g.next)))
		open = append(open, o)
	}
	end := func(i int) {
		o := open[i]
		open = append(open[:i], open[i+1:]...)
		if g.errors && g.rnd.IntN(40) == 0 {
			o.span.SetStatus(codes.Error, "")
			part.failed = true
		}
		vip := g.rnd.IntN(30) == 0
		if vip {
			o.span.SetAttributes(attribute.Bool("vip", true))
		}
		o.span.End()
		id := o.span.SpanContext().TraceID()
		if g.truth[id] == nil {
			g.truth[id] = new(weights)
		}
		g.truth[id].add(o.name, vip, 1)
	}
	for range calls {
		start(parent, [...]string{"http:a", "http:b", "cron"}[g.rnd.IntN(3)])
		for range g.rnd.IntN(7) {
			if len(open) == 0 { // a new part of the same trace
				break
			}
			if g.rnd.IntN(3) == 0 {
				end(g.rnd.IntN(len(open)))
			}
			if len(open) > 0 {
				start(open[g.rnd.IntN(len(open))].ctx, [...]string{"db", "cache", "http:out"}[g.rnd.IntN(3)])
			}
		}
	}
	for len(open) > 0 {
		end(g.rnd.IntN(len(open)))
	}
}

const statisticsRules = `rules = [ { name = "http:*", sample = 0.1 }, { name = "db", sample = 0.3, attrs = { vip = true } }, { name = "cron", sample = 0.5 } ]`

// The estimates of connections of scope trace are unbiased, and parts are whole or absent.
func TestWholeTracesCountRight(t *testing.T) {
	t.Parallel()
	requests, turns := 15_000, make(chan struct{}, 7)
	if os.Getenv("TRACEHOOK_SOAK") != "" {
		requests, turns = 1_000_000, make(chan struct{}, 1) // all at once would take some gigabytes
	}
	for name, c := range map[string]struct {
		sample [2]string // before and after a reload
		traces string
		errors bool
	}{
		"errors":              {[2]string{"rate = 0.02\nerror = true\n" + statisticsRules}, "", true},
		"no errors":           {[2]string{"rate = 0.02\nerror = false\n" + statisticsRules}, "", true},
		"early":               {[2]string{"rate = 0.02\nerror = true\n" + statisticsRules}, "max_trace_spans = 5\n", true},
		"up":                  {[2]string{"rate = 0.01\nerror = true", "rate = 0.5\nerror = true"}, "", true},
		"down":                {[2]string{"rate = 0.5\nerror = true", "rate = 0.01\nerror = true"}, "", true},
		"up without errors":   {[2]string{"rate = 0.05\nerror = false", "rate = 0.5\nerror = false"}, "", false},
		"down without errors": {[2]string{"rate = 0.5\nerror = false", "rate = 0.05\nerror = false"}, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			turns <- struct{}{}
			defer func() { <-turns }()
			toml := func(sample string) string {
				const conn = "[trace.%s]\ndriver = \"weights\"\noverflow = \"block\"\n[trace.%[1]s.sample]\nscope = \"trace\"\n%s\n"
				return "[otel.traces]\n" + c.traces + fmt.Sprintf(conn, "a", sample) +
					fmt.Sprintf(conn, "b", "rate = 0.1\nerror = "+strconv.FormatBool(c.errors))
			}
			all := map[string]*traceWeights{"a": newTraceWeights(), "b": newTraceWeights()}
			b, err := otelbridge.New(t.Context(), parse(t, toml(c.sample[0])),
				otelbridge.WithDriver("weights", func(_ context.Context, s exporter.Settings) (sdktrace.SpanExporter, error) {
					return all[s.Connection], nil
				}), // with the same ids in each run: of many comparisons in many runs, some are beyond by chance
				otelbridge.WithTracerProviderOptions(sdktrace.WithIDGenerator(seededIDs{rand.New(rand.NewPCG(11, uint64(len(name))))})))
			if err != nil {
				t.Fatal(err)
			}
			g := newTraffic(b, c.errors, uint64(len(name)))
			for i := range requests {
				if i == requests/2 && c.sample[1] != "" {
					if err := b.Reload(t.Context(), parse(t, toml(c.sample[1]))); err != nil {
						t.Fatal(err)
					}
				}
				g.request()
			}
			if err := b.Shutdown(t.Context()); err != nil {
				t.Fatal(err)
			}
			st := b.Stats()
			if st.Held != 0 || st.OpenSpans != 0 || (st.TracesEarly.Size > 0) != (c.traces != "") {
				t.Errorf("held %d, open %d, early %+v of %d", st.Held, st.OpenSpans, st.TracesEarly, st.TracesDecided)
			}
			for conn, e := range all {
				worst := 0.0
				for group, of := range groupNames() {
					z, estimate, want := e.z(group, g.truth)
					if want < 2000 {
						continue // a handful of heavy spans: no normal distribution yet
					}
					worst = max(worst, math.Abs(z))
					if math.Abs(z) > 4 || estimate == 0 {
						t.Errorf("%s %s: z %.1f, estimate %.0f of %.0f", conn, of, z, estimate, want)
					}
				}
				t.Logf("%s: %d parts, the largest |z| of %d groups is %.2f", conn, g.next, groups, worst)
				if c.traces == "" {
					e.checkWhole(t, conn, g, c.errors && (conn == "b" || c.sample[0][len("rate = 0.02\nerror = ")] == 't'))
				}
			}
		})
	}
}

// newTraffic makes traffic for a Bridge.
func newTraffic(b *otelbridge.Bridge, errors bool, seed uint64) *traceTraffic {
	return &traceTraffic{
		rnd: rand.New(rand.NewPCG(7, seed)), tracer: b.TracerProvider().Tracer("test"), errors: errors,
		truth: map[trace.TraceID]*weights{}, parts: map[int64]*trafficPart{},
	}
}

// checkWhole looks at parts whose spans have the same floor: they are whole or absent, with one th,
// and whole if one of their spans is an error.
func (e *traceWeights) checkWhole(t *testing.T, conn string, g *traceTraffic, errors bool) {
	t.Helper()
	whole, bad := 0, 0
	for at, p := range g.parts {
		if !p.agrees {
			continue
		}
		got := e.parts[at]
		if got == nil {
			got = &exportedPart{}
		}
		if got.spans == p.spans {
			whole++
		}
		if got.mixed || got.spans != 0 && got.spans != p.spans || errors && p.failed && got.spans == 0 {
			if bad++; bad < 3 {
				t.Errorf("%s: part %d of %d spans (failed: %t) has %+v", conn, at, p.spans, p.failed, got)
			}
		}
	}
	if whole == 0 {
		t.Errorf("%s: no part is there", conn)
	}
}

// With equal rules, factor 1 and no limit, what a connection has of 1 % of all traces is a part of what
// one has of 10 %: of each part as many spans, and no other traces.
func TestTracesOfASmallerRateAreASubset(t *testing.T) {
	t.Parallel()
	for _, rules := range []string{"", "\n" + statisticsRules} {
		const conn = "[trace.%s]\ndriver = \"weights\"\noverflow = \"block\"\n[trace.%[1]s.sample]\nscope = \"trace\"\nrate = %[2]s\nerror = true%[3]s\n"
		few, many := newTraceWeights(), newTraceWeights()
		b, err := otelbridge.New(t.Context(), parse(t, fmt.Sprintf(conn, "few", "0.01", rules)+fmt.Sprintf(conn, "many", "0.1", rules)),
			otelbridge.WithDriver("weights", func(_ context.Context, s exporter.Settings) (sdktrace.SpanExporter, error) {
				return map[string]*traceWeights{"few": few, "many": many}[s.Connection], nil
			}))
		if err != nil {
			t.Fatal(err)
		}
		g := newTraffic(b, true, 5)
		for range 10_000 {
			g.request()
		}
		if err := b.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		for at, p := range few.parts {
			if q := many.parts[at]; q == nil || q.spans < p.spans {
				t.Errorf("of part %d, %d spans are in the 1 %%, and %+v in the 10 %%", at, p.spans, q)
			}
		}
		for id := range few.sums {
			if many.sums[id] == nil {
				t.Errorf("trace %s is in the 1 %%, and not in the 10 %%", id)
			}
		}
		if more := rules == ""; len(few.sums) == 0 || len(many.sums) < len(few.sums) || more && len(many.sums) < len(few.sums)*11/10 {
			t.Errorf("%d traces in the 1 %%, %d in the 10 %%", len(few.sums), len(many.sums))
		}
	}
}
