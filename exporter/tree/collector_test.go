package tree_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/exporter/exportertest"
	"github.com/tracehook/tracehook/exporter/tree"
)

func of(traceID byte, n, parent int) tree.Span {
	s := span(n, parent, n, n+1, "")
	s.TraceID = trace.TraceID{15: traceID}
	return s
}

func started(s tree.Span, children int) tree.Span {
	s.Children = children
	return s
}

func summary(traces []tree.Trace) string {
	var list []string
	for _, t := range traces {
		var ids []string
		for _, s := range t.Spans {
			ids = append(ids, strconv.Itoa(int(s.ID[7])))
		}
		text := fmt.Sprintf("%d:%s", t.Spans[0].TraceID[15], strings.Join(ids, ","))
		if t.Continued {
			text += "+"
		}
		list = append(list, text)
	}
	return strings.Join(list, " ")
}

func TestCollector(t *testing.T) {
	t.Parallel()
	remote := of(1, 9, 99)
	remote.Remote = true
	type step struct {
		after time.Duration
		add   []tree.Span
		want  string
	}
	tests := []struct {
		name     string
		maxSpans int
		steps    []step
		rest     string
	}{
		{"children, then the root", 0, []step{{0, []tree.Span{of(1, 2, 1), of(1, 3, 1), of(1, 1, 0)}, "1:2,3,1"}}, ""},
		{"the root in a later batch", 0, []step{{0, []tree.Span{of(1, 2, 1)}, ""}, {0, []tree.Span{of(1, 1, 0)}, "1:2,1"}}, ""},
		{"a root with a remote parent", 0, []step{{0, []tree.Span{of(1, 2, 9), remote}, "1:2,9"}}, ""},
		{"a span after its root, in the same batch", 0, []step{{0, []tree.Span{of(1, 1, 0), of(1, 2, 1)}, "1:1,2"}}, ""},
		{"a late span", 0, []step{{0, []tree.Span{of(1, 1, 0)}, "1:1"}, {0, []tree.Span{of(1, 2, 1)}, "1:2+"}}, ""},
		{"two traces, in the order of their first spans", 0, []step{{0, []tree.Span{of(2, 2, 1), of(1, 2, 1), of(1, 1, 0), of(2, 1, 0)}, "2:2,1 1:2,1"}}, ""},
		{"a batch that ends in the middle of a trace", 0, []step{
			{0, []tree.Span{of(1, 2, 1), started(of(1, 1, 0), 2)}, ""},
			{0, []tree.Span{of(1, 3, 1)}, "1:2,1,3"},
		}, ""},
		{"the same, known by a span whose parent is in the next batch", 0, []step{
			{0, []tree.Span{of(1, 3, 2), of(1, 1, 0)}, ""},
			{0, []tree.Span{of(1, 2, 1)}, "1:3,1,2"},
		}, ""},
		{"a child that doesn't come", 0, []step{
			{0, []tree.Span{of(1, 2, 1), started(of(1, 1, 0), 2)}, ""},
			{499 * time.Millisecond, nil, ""},
			{time.Millisecond, nil, "1:2,1"},
		}, ""},
		{"no root for too long", 0, []step{
			{0, []tree.Span{of(1, 2, 1)}, ""},
			{9 * time.Second, []tree.Span{of(2, 2, 1)}, ""},
			{time.Second, nil, "1:2"},
			{0, []tree.Span{of(1, 3, 1)}, "1:3+"},
		}, "2:2"},
		{"too many spans: the oldest trace goes", 3, []step{
			{0, []tree.Span{of(1, 2, 1), of(1, 3, 1)}, ""},
			{0, []tree.Span{of(2, 2, 1)}, ""},
			{0, []tree.Span{of(3, 2, 1)}, "1:2,3"},
		}, "2:2 3:2"},
		{"one trace with too many spans", 2, []step{{0, []tree.Span{of(1, 2, 1), of(1, 3, 1), of(1, 4, 1)}, "1:2,3,4"}}, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			now := exportertest.Start()
			c := tree.NewCollector(test.maxSpans, 0)
			for i, s := range test.steps {
				now = now.Add(s.after)
				for _, sp := range s.add {
					c.Add(now, sp)
				}
				if diff := cmp.Diff(s.want, summary(c.Ready(now))); diff != "" {
					t.Errorf("step %d (-want +got):\n%s", i, diff)
				}
			}
			if diff := cmp.Diff(test.rest, summary(c.Rest())); diff != "" {
				t.Errorf("rest (-want +got):\n%s", diff)
			}
			if c.Waiting() != 0 {
				t.Errorf("%d spans wait after Rest", c.Waiting())
			}
		})
	}
}

// Memory is bounded with traces that never finish, and no span is lost or drawn twice.
func TestCollectorIsBounded(t *testing.T) {
	t.Parallel()
	const spans, most = 50_000, 100
	c := tree.NewCollector(most, time.Hour)
	drawn := 0
	count := func(traces []tree.Trace) {
		for _, tr := range traces {
			drawn += len(tr.Spans)
		}
	}
	now := exportertest.Start()
	for i := range spans {
		s := span(i+1, 1<<30, 0, 1, "")
		s.TraceID = trace.TraceID{12: byte(i >> 16), 13: byte(i >> 8), 14: byte(i), 15: 1}
		c.Add(now, s)
		if i%10 == 9 {
			count(c.Ready(now))
			if c.Waiting() > most {
				t.Fatalf("%d spans wait, want at most %d", c.Waiting(), most)
			}
		}
	}
	count(c.Rest())
	if drawn != spans {
		t.Errorf("%d spans were drawn, want %d", drawn, spans)
	}
}
