package query_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tracehook/tracehook/internal/query"
	"github.com/tracehook/tracehook/internal/query/live"
	"github.com/tracehook/tracehook/internal/query/querytest"
)

// corpus is the spans of the table as queries see them.
func corpus() []query.Span {
	var r live.Reader
	spans := querytest.Spans()
	corpus := make([]query.Span, len(spans))
	for i, s := range spans {
		r.Read(&corpus[i], s)
	}
	return corpus
}

// found returns the numbers of the spans that match.
func found(q *query.Query, spans []query.Span) string {
	m := q.Matcher()
	var numbers strings.Builder
	for i := range spans {
		if m.Match(&spans[i]) {
			numbers.WriteByte('0' + spans[i].ID[7])
		}
	}
	return numbers.String()
}

func TestQueries(t *testing.T) {
	t.Parallel()
	spans := corpus()
	for _, c := range querytest.Cases() {
		q, err := query.Parse(c.Query)
		if err != nil {
			t.Errorf("%s: %v", c.Query, err)
			continue
		}
		if got := found(q, spans); got != c.Want {
			t.Errorf("%s finds %q, want %q", c.Query, got, c.Want)
		}
		if q.String() != c.Query {
			t.Errorf("String of %q is %q", c.Query, q.String())
		}
	}
}

// Whole numbers compare exactly, however large and however they are written.
func TestLargeNumbersCompareExactly(t *testing.T) {
	t.Parallel()
	const large = 1<<60 + 1 // no float64
	var s query.Span
	s.AddLeaf(query.InSpan, "k", query.Int(large))
	for text, want := range map[string]bool{
		"@k:>1152921504606846976": true, "@k:>1152921504606846976.0": true, "@k:>1.152921504606846976e18": true,
		"@k:<=1.152921504606846976e18": false, "@k:>1152921504606846977": false, "@k:>=1152921504606846977": true,
	} {
		q, err := query.Parse(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := q.Matcher().Match(&s); got != want {
			t.Errorf("%s matches %d: %t, want %t", text, int64(large), got, want)
		}
	}
}

func TestBadQueriesAreToldWithTheirPlace(t *testing.T) {
	t.Parallel()
	for _, c := range querytest.BadQueries() {
		q, err := query.Parse(c.Query)
		var bad *query.Error
		if !errors.As(err, &bad) || q != nil {
			t.Errorf("%.40s: got %v, error %v", c.Query, q, err)
			continue
		}
		if bad.At != c.At || bad.Length != c.Length || !strings.Contains(bad.Problem, c.Problem) {
			t.Errorf("%.40s: got %d+%d %q, want %d+%d %q", c.Query, bad.At, bad.Length, bad.Problem, c.At, c.Length, c.Problem)
		}
		if text := bad.Error(); len(text) > 400 || !strings.HasPrefix(text, "query: ") {
			t.Errorf("%.40s: Error is %q", c.Query, text)
		}
	}
}

func TestCaretStandsUnderThePlace(t *testing.T) {
	t.Parallel()
	tests := []struct{ query, want string }{
		{`sttaus:error`, "sttaus:error\n^^^^^^"},
		{`login sttaus:error`, "login sttaus:error\n      ^^^^^^"},
		{`数据 sttaus:error`, "数据 sttaus:error\n     ^^^^^^"}, // wide runes have two cells
		{"a\tb\x1b[31m sttaus:x", "a·b·[31m sttaus:x\n         ^^^^^^"},
		{`a OR`, "a OR\n    ^"},
		{`trace:数据`, "trace:数据\n      ^^^^"},
		{
			strings.Repeat("a ", 40) + "sttaus:x" + strings.Repeat(" b", 40),
			"..." + strings.Repeat("a ", 30) + "sttaus:x" + strings.Repeat(" b", 19) + "...\n" + strings.Repeat(" ", 63) + "^^^^^^",
		},
	}
	for _, test := range tests {
		_, err := query.Parse(test.query)
		var bad *query.Error
		if !errors.As(err, &bad) {
			t.Errorf("%s: error %v", test.query, err)
			continue
		}
		if diff := cmp.Diff(test.want, bad.Caret()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.query, diff)
		}
	}
}

// Lists and maps from a JSON reader are taken apart as those of the SDK are.
func TestAddAny(t *testing.T) {
	t.Parallel()
	var s query.Span
	s.AddAny(query.InSpan, "k", map[string]any{
		"list": []any{int64(1), "two", nil, 2.5, true, []any{"deep"}}, "map": map[string]any{"a": "b"}, "other": struct{}{},
	})
	deep := any("bottom")
	for range 1000 {
		deep = []any{deep}
	}
	s.AddAny(query.InSpan, "deep", deep)
	for text, want := range map[string]bool{
		"@k": true, "@k.list:1": true, "@k.list:two": true, "@k.list:2.5": true, "@k.list:true": true, "@k.list:deep": true,
		"@k.map.a:b": true, "@k.map": true, "@k.other": true, "@k.list:3": false, "@k:b": false, "@deep": true, "bottom": false,
	} {
		q, err := query.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := q.Matcher().Match(&s); got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
}

func TestResetKeepsNothing(t *testing.T) {
	t.Parallel()
	spans := corpus()
	s := spans[1]
	s.Reset()
	if diff := cmp.Diff(query.Span{}, query.Span{TraceID: s.TraceID, ID: s.ID, Name: s.Name, Service: s.Service, Start: s.Start}); diff != "" || len(s.Leaves) != 0 {
		t.Errorf("after Reset (-want +got), %d leaves:\n%s", len(s.Leaves), diff)
	}
	for _, l := range s.Leaves[:cap(s.Leaves)] {
		if l != (query.Leaf{}) {
			t.Fatalf("after Reset the memory still refers to %v", l)
		}
	}
}

// A match allocates nothing once its buffers have grown.
func TestMatchDoesNotAllocate(t *testing.T) {
	spans := corpus()
	q, err := query.Parse(`login OR ä* -@http.route:/x @*code:>=500 OR duration:>1s`)
	if err != nil {
		t.Fatal(err)
	}
	m := q.Matcher()
	if n := testing.AllocsPerRun(100, func() {
		for i := range spans {
			m.Match(&spans[i])
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
