package query_test

import (
	"bytes"
	"strings"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/encode"
	"github.com/tracehook/tracehook/internal/query"
	"github.com/tracehook/tracehook/internal/query/querytest"
)

// records returns each span of the table as a line of JSON and of OTLP JSON.
func records(tb testing.TB) (lines [][2][]byte) {
	tb.Helper()
	for _, s := range querytest.Spans() {
		var both [2][]byte
		for i, kind := range []string{"json", "otlp"} {
			e, err := encode.New(kind, exporter.Settings{})
			if err != nil {
				tb.Fatal(err)
			}
			both[i] = e.Append(nil, []sdktrace.ReadOnlySpan{s})
		}
		lines = append(lines, both)
	}
	return lines
}

// leftOut returns how many spans the filter of q leaves out, and tells of each that matches.
func leftOut(t *testing.T, q *query.Query, spans []query.Span, lines [][2][]byte) (n int) {
	t.Helper()
	wanted := q.Filter()
	if wanted == nil {
		return 0
	}
	m := q.Matcher()
	for i := range spans {
		for _, line := range lines[i] {
			if wanted(line) {
				continue
			}
			if n++; m.Match(&spans[i]) {
				t.Errorf("%s matches span %d, but its record is left out: %s", q, i+1, line)
			}
		}
	}
	return n
}

func TestFilterLeavesOutNoMatch(t *testing.T) {
	t.Parallel()
	spans, lines := corpus(), records(t)
	total := 0
	for _, c := range querytest.Cases() {
		q, err := query.Parse(c.Query)
		if err != nil {
			t.Fatal(err)
		}
		total += leftOut(t, q, spans, lines)
	}
	if total < len(querytest.Cases()) {
		t.Errorf("only %d records are left out by all queries", total)
	}
}

// What it is for: the usual queries leave out what doesn't match.
func TestFilterIsWorthIt(t *testing.T) {
	t.Parallel()
	plain := []byte(`{"name":"GET /health","status":"ok","duration_ms":1.5,"attributes":{"code":0},"service_name":"shop"}`)
	otlp := []byte(`{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"GET /health","attributes":[],"status":{ "code" : 1 }},{"status":{}}]}]}]}`)
	for _, text := range []string{
		"status:error", `"timed out"`, "service:cart", "@http.route:/login", "name:login", "trace:4bf92f35", "status:error OR login",
		"status:error duration:>1s", "@user.id:>5", "card*refused", "@cart.items.count",
	} {
		q, err := query.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		wanted := q.Filter()
		for _, line := range [][]byte{plain, otlp} {
			if wanted == nil || wanted(line) {
				t.Errorf("%s wants %s", text, line)
			}
		}
		if odd := bytes.Replace(plain, []byte("GET"), []byte(`\u0047ET`), 1); !wanted(odd) {
			t.Errorf("%s leaves out what is written in another way", text)
		}
	}
	timed := `{"name":"a","start_time_unix_nano":1772600767000000000,"end_time_unix_nano":1772600768000000000,"attributes":{}}`
	for text, want := range map[string]bool{"duration:>1s": false, "duration:>=1s": true, "duration:1ms..10ms": false, "duration:<2s": true} {
		q, err := query.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := q.Filter()([]byte(timed)); got != want {
			t.Errorf("%s wants a record of one second: %v", text, got)
		}
		for _, unsure := range []string{
			strings.Replace(timed, `"name":"a"`, `"name":"{"`, 1), strings.Replace(timed, `{}`, `{"end_time_unix_nano":1}`, 1),
			strings.Replace(timed, `"end_time_unix_nano":1772600768000000000`, `"end_time_unix_nano":"soon"`, 1),
			strings.Replace(timed, `768000000000`, `768e9`, 1), strings.Replace(timed, "end_time", "ende_time", 1),
		} {
			if !q.Filter()([]byte(unsure)) {
				t.Errorf("%s leaves out %s", text, unsure)
			}
		}
	}
	for _, text := range []string{"", "start:>2026-03-04", "is:root", "-status:error", "login OR is:root", "503", "err", "status:ok"} {
		if q, err := query.Parse(text); err != nil || q.Filter() != nil {
			t.Errorf("%q has a filter, error %v", text, err)
		}
	}
	for _, line := range []string{
		`{"status":"error"}`, `{"status" : "retry"}`, `{"a":{"status":"ok"},"status":"error"}`, `{"status":{"code":2}}`, `{"status":{"code": 2 }}`,
		`{"status":{"code":10}}`, `{"status":{"code":"STATUS_CODE_ERROR"}}`, `{"attributes":[{"key":"tracehook.status","value":{"stringValue":"retry"}}]}`,
	} {
		q, err := query.Parse("status:error")
		if err != nil || !q.Filter()([]byte(line)) {
			t.Errorf("status:error leaves out %s", line)
		}
	}
}

func FuzzFilter(f *testing.F) {
	for _, c := range querytest.Cases() {
		f.Add(c.Query)
	}
	spans, lines := corpus(), records(f)
	f.Fuzz(func(t *testing.T, text string) {
		if q, err := query.Parse(text); err == nil {
			leftOut(t, q, spans, lines)
		}
	})
}

func BenchmarkFilter(b *testing.B) {
	q, err := query.Parse(`status:error "timed out"`)
	if err != nil {
		b.Fatal(err)
	}
	wanted := q.Filter()
	line := records(b)[0][0]
	b.SetBytes(int64(len(line)))
	for b.Loop() {
		wanted(line)
	}
}
