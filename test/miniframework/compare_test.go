package miniframework_test

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/memory"
	"github.com/tracehook/tracehook/otelbridge"
	"github.com/tracehook/tracehook/test/miniframework"
)

var update = flag.Bool("update", false, "write the golden file")

// caller is who makes the requests that have a header.
var caller = trace.SpanContextFromContext(propagation.TraceContext{}.Extract(context.Background(),
	propagation.MapCarrier{"traceparent": miniframework.Caller}))

// row is what is compared of a span.
type row struct {
	name, kind, service, target, status, text string
	code                                      int
	parent, root                              string // begun as
	links                                     string
}

// numbered gives each span the number of its Begin or Trace, in the attribute "seq".
type numbered[S any] struct {
	miniframework.Module
	hook  miniframework.TraceHook[S]
	names []string // as they were begun
}

func (n *numbered[S]) next(name string, attrs miniframework.Map) miniframework.Map {
	n.names = append(n.names, name)
	all := miniframework.Map{"seq": len(n.names)}
	maps.Copy(all, attrs)
	return all
}

func (n *numbered[S]) Begin(m *miniframework.Meta[S], name string, attrs miniframework.Map) S {
	return n.hook.Begin(m, name, n.next(name, attrs))
}

func (n *numbered[S]) Trace(m *miniframework.Meta[S], name, status string, attrs miniframework.Map) error {
	return n.hook.Trace(m, name, status, n.next(name, attrs))
}

// run runs the application with a module and returns the names of its spans as they were begun.
func run[S any](g miniframework.Generation[S], module interface {
	miniframework.Module
	miniframework.TraceHook[S]
},
) []string {
	f := miniframework.New(g)
	n := &numbered[S]{Module: module, hook: module}
	f.Mount(n)
	miniframework.Register(f)
	f.Start()
	miniframework.Drive(f)
	f.Stop()
	return n.names
}

// rowsOf returns what is compared, in the order of the begins.
func rowsOf(spans []miniframework.Span, names []string, links map[string]string) []row {
	byID := map[string]int{}
	number := func(s *miniframework.Span) int {
		switch n := s.Attributes["seq"].(type) {
		case int:
			return n
		case int64:
			return int(n)
		}
		return 0
	}
	slices.SortFunc(spans, func(a, b miniframework.Span) int { return cmp.Compare(number(&a), number(&b)) })
	roots := map[string]string{}
	begun := func(n int) string { return fmt.Sprint(n, " ", names[n-1]) }
	rows := make([]row, 0, len(spans))
	for i := range spans {
		s := &spans[i]
		byID[s.SpanId] = number(s)
		r := row{s.Name, s.Kind, s.ServiceName, s.Target, s.Status, s.Result, s.Code, "", "", links[s.SpanId]}
		if n, ok := byID[s.ParentSpanId]; ok {
			r.parent = begun(n)
		} else if s.ParentSpanId != "" {
			r.parent = "unknown"
		}
		if s.TraceId == caller.TraceID().String() {
			roots[s.TraceId] = "the caller's"
		} else if roots[s.TraceId] == "" {
			roots[s.TraceId] = begun(number(s))
		}
		r.root = roots[s.TraceId]
		rows = append(rows, r)
	}
	return rows
}

// keeper is a driver of the framework's users, and its connection. S is the generation's span.
type keeper[S any] struct {
	spans []miniframework.Span
	read  func(S) miniframework.Span
}

func (k *keeper[S]) Connect(*miniframework.Instance) (*keeper[S], error) { return k, nil }
func (*keeper[S]) Open() error                                           { return nil }
func (*keeper[S]) Close() error                                          { return nil }
func (k *keeper[S]) Write(s ...S) error {
	for _, one := range s {
		k.spans = append(k.spans, k.read(one))
	}
	return nil
}

func newer(s miniframework.Span) miniframework.Span { return s }

func older(s miniframework.OlderSpan) miniframework.Span {
	out := miniframework.Span{
		TraceId: s.TraceId, SpanId: s.SpanId, ParentSpanId: s.ParentSpanId, Name: s.Name, Kind: s.Kind,
		ServiceName: s.ServiceName, Target: s.Target, Status: s.Status, Result: s.StatusMessage, Attributes: s.Attributes,
	}
	if s.StatusCode == "STATUS_CODE_ERROR" {
		out.Code = 1
	}
	return out
}

// ours runs the application with our module, whose spans reach a driver of the framework's kind.
func ours[S, Span any](t *testing.T, g miniframework.Generation[S], read func(Span) miniframework.Span) []row {
	t.Helper()
	m := otelbridge.NewModule[*miniframework.Meta[S], S](otelbridge.WithLogger(slog.New(slog.DiscardHandler)))
	if err := m.Err(); err != nil {
		t.Fatal(err)
	}
	var _ miniframework.TraceHook[S] = m
	var _ miniframework.Module = m
	theirs, otel := &keeper[Span]{read: read}, memory.New()
	m.Register("theirs", theirs)
	m.Register("otel", func(context.Context, exporter.Settings) (sdktrace.SpanExporter, error) { return otel, nil })
	m.Config(miniframework.Map{"project": "shop", "trace": miniframework.Map{
		"theirs": miniframework.Map{"driver": "theirs"}, "otel": miniframework.Map{"driver": "otel"},
	}})
	names := run(g, m)
	if err := m.Err(); err != nil {
		t.Error(err)
	}
	links := map[string]string{}
	for _, s := range otel.Spans() {
		for _, l := range s.Links() {
			to := "unknown"
			if l.SpanContext.Equal(caller) {
				to = "the caller"
			}
			links[s.SpanContext().SpanID().String()] += to
		}
		if s.SpanKind() == trace.SpanKindUnspecified {
			t.Errorf("%s has no kind", s.Name())
		}
	}
	if len(theirs.spans) != len(names) || otel.Len() != len(names) {
		t.Fatalf("%d spans were begun, the driver has %d, the exporter %d", len(names), len(theirs.spans), otel.Len())
	}
	return rowsOf(theirs.spans, names, links)
}

func original[S any](t *testing.T, g miniframework.Generation[S], m *miniframework.Original[S]) []row {
	t.Helper()
	names := run(g, m)
	spans := m.Spans()
	if len(spans) != len(names) {
		t.Fatalf("%d spans were begun, %d written", len(names), len(spans))
	}
	return rowsOf(spans, names, nil)
}

// Every span of the application is compared with the one that the framework's own module makes. What
// differs is in the golden file, with the reason.
func TestSpansAreThoseOfTheFrameworksOwnModule(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	out.WriteString("# Spans of the same application: what the framework's own module makes of them, what ours does, and why.\n")
	differences(t, &out, "older", original(t, miniframework.OlderGeneration, miniframework.NewOlderOriginal()), ours(t, miniframework.OlderGeneration, older))
	differences(t, &out, "newer", original(t, miniframework.NewerGeneration, miniframework.NewOriginal()), ours(t, miniframework.NewerGeneration, newer))
	const golden = "testdata/differences.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(out.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(string(want), out.String()); diff != "" {
		t.Errorf("the differences are others than in %s (-want +got; -update writes it):\n%s", golden, diff)
	}
}

// differences writes a line for each field that differs.
func differences(t *testing.T, out *strings.Builder, generation string, theirs, ours []row) {
	t.Helper()
	if len(theirs) != len(ours) {
		t.Fatalf("%s: %d spans of the original's, %d of ours", generation, len(theirs), len(ours))
	}
	fmt.Fprintf(out, "\n## The %s generation: %d spans\n", generation, len(ours))
	for i := range ours {
		a, b := &theirs[i], &ours[i]
		for _, f := range []struct{ field, theirs, ours string }{
			{"name", a.name, b.name},
			{"kind", a.kind, b.kind},
			{"service", a.service, b.service},
			{"target", a.target, b.target},
			{"status", a.status, b.status},
			{"code", strconv.Itoa(a.code), strconv.Itoa(b.code)},
			{"text", a.text, b.text},
			{"parent", a.parent, b.parent},
			{"trace", a.root, b.root},
			{"link", a.links, b.links},
		} {
			if f.theirs == f.ours {
				continue
			}
			why := reason(generation, f.field, a, b)
			if why == "" {
				t.Errorf("%s, span %d (%s): %s is %q, the original's %q, and nobody knows why", generation, i+1, b.name, f.field, f.ours, f.theirs)
			}
			fmt.Fprintf(out, "%d %s | %s | %q | %q | %s\n", i+1, b.name, f.field, f.theirs, f.ours, why)
		}
	}
}

// reason says why a field of ours is not what the original's is; "" if there is no reason.
func reason(generation, field string, theirs, ours *row) string {
	newer := generation == "newer"
	switch {
	case field == "name" && newer && theirs.name == "internal":
		return "TraceAttrs says step = internal, which replaces the name there; ours keeps the name, so that rules match it"
	case (field == "kind" || field == "target") && !newer && map[string]string{"kind": theirs.kind, "target": theirs.target}[field] == "":
		return "a span that says no kind and target has those of the span around it, as the newer generation does"
	case (field == "status" || field == "code" || field == "text") && newer && theirs.status == "ok" && ours.status == "fail" && strings.HasPrefix(ours.name, "user.login."):
		return "Trace forgets the status of an event there; ours keeps it and its text"
	case field == "kind" && newer && theirs.kind == "":
		return "a span without any kind prints OpenTelemetry's"
	case field == "service" && theirs.service == "" && ours.service == "shop":
		return "a span that says no service is the process's"
	case field == "link" && ours.links == "the caller":
		return "the caller's header is parsed under the open span: a link, of which the original knows nothing"
	case field == "trace" && theirs.root == "the caller's" && ours.parent == theirs.parent:
		return "a header that is parsed under an open span moves what follows to another trace than its parent there; ours stays in one trace"
	case field == "trace" && ours.parent == "" && theirs.parent == "" && theirs.root != "the caller's":
		return "what is begun on a Meta whose spans have all ended is a trace of its own; there it stays in the last one"
	}
	return ""
}
