package tracehooktest

import (
	"cmp"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/exporter/encode"
	"github.com/tracehook/tracehook/exporter/tree"
)

func init() { //nolint:gochecknoinits // flags have to be there before they are parsed
	if flag.Lookup("update") == nil {
		flag.Bool("update", false, "write golden files instead of comparing with them")
	}
}

func updating() bool {
	f := flag.Lookup("update")
	return f != nil && f.Value.String() == "true"
}

// Tree draws the traces of all spans that have ended, in the order of their starts, with every
// attribute in full width and without ids and times. Traces are divided by an empty line.
func (b *Bridge) Tree() string {
	b.tb.Helper()
	var text []byte
	style := tree.Style{Masked: true, Full: true, Width: 1000}
	for _, spans := range b.traces() {
		if len(text) > 0 {
			text = append(text, '\n')
		}
		text = style.Append(text, tree.Trace{Spans: spans})
	}
	return string(text)
}

// traces returns the spans of each trace, with start times that say in which order they are drawn.
func (b *Bridge) traces() [][]tree.Span {
	b.tb.Helper()
	var all []tree.Span
	var view encode.View
	for _, s := range b.Spans() {
		view.Read(s)
		span := tree.FromView(&view)
		if own, ok := s.Resource().Set().Value("service.name"); ok && own.AsString() == span.Service {
			span.Service = "" // the name of the program, which says nothing here
		}
		span.Attributes = b.mask(span.Attributes)
		span.Start = time.Unix(0, int64(b.record.order(span.ID)))
		all = append(all, span)
	}
	slices.SortStableFunc(all, func(x, y tree.Span) int { return x.Start.Compare(y.Start) })
	if b.byName {
		slices.SortStableFunc(all, func(x, y tree.Span) int {
			return cmp.Or(strings.Compare(x.Name, y.Name), strings.Compare(attributes(x.Attributes), attributes(y.Attributes)))
		})
	}
	var order []trace.TraceID
	byTrace := make(map[trace.TraceID][]tree.Span)
	for i, span := range all {
		if byTrace[span.TraceID] == nil {
			order = append(order, span.TraceID)
		}
		span.Start = time.Unix(0, int64(i))
		byTrace[span.TraceID] = append(byTrace[span.TraceID], span)
	}
	var traces [][]tree.Span
	for _, id := range order {
		traces = append(traces, byTrace[id])
	}
	return traces
}

// mask returns attrs, or a copy in which what differs from run to run is a star.
func (b *Bridge) mask(attrs []attribute.KeyValue) []attribute.KeyValue {
	if len(b.masked) == 0 {
		return attrs
	}
	attrs = slices.Clone(attrs)
	for i := range attrs {
		if slices.Contains(b.masked, string(attrs[i].Key)) {
			attrs[i].Value = attribute.StringValue("*")
		}
	}
	return attrs
}

// AssertTree compares [Bridge.Tree] with the file at path and fails the test with the lines that
// differ. With the flag -update it writes the file, and its directory, instead.
func (b *Bridge) AssertTree(path string) {
	b.tb.Helper()
	got := b.Tree()
	if updating() {
		err := os.MkdirAll(filepath.Dir(path), 0o755)
		if err == nil {
			err = os.WriteFile(path, []byte(got), 0o644)
		}
		if err != nil {
			b.tb.Errorf("tracehooktest: %v", err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		b.tb.Errorf("tracehooktest: there is nothing to compare with: %v; go test -update writes the file. The spans are:\n%s", err, got)
		return
	}
	if diff := lineDiff(string(want), got); diff != "" {
		b.tb.Errorf("the spans differ from %s (-want +got; go test -update writes the file):\n%s", path, diff)
	}
}

// AssertTreeText compares [Bridge.Tree] with want and fails the test with the lines that differ. It
// ignores empty lines at the start and the end of want, and the tabs before each of its lines.
func (b *Bridge) AssertTreeText(want string) {
	b.tb.Helper()
	var lines []string
	for line := range strings.SplitSeq(want, "\n") {
		lines = append(lines, strings.TrimLeft(line, "\t"))
	}
	if diff := lineDiff(strings.Join(lines, "\n"), b.Tree()); diff != "" {
		b.tb.Errorf("the spans differ (-want +got):\n%s", diff)
	}
}
