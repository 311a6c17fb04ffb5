package page_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/exportertest"
	"github.com/tracehook/tracehook/exporter/page"
	"github.com/tracehook/tracehook/internal/query/querytest"
)

// Each way to ask gives the answers of the table.
func TestQueries(t *testing.T) {
	t.Parallel()
	s := serve(t)
	spans := querytest.Spans()
	s.export(spans...)
	traceOf := make(map[byte]string)
	for i, span := range spans {
		traceOf['1'+byte(i)] = span.SpanContext().TraceID().String()
	}
	for _, c := range querytest.Cases() {
		if got := numbers(t, s.get(path("/api/spans", "query", c.Query))); got != c.Want {
			t.Errorf("%s: /api/spans finds %q, want %q", c.Query, got, c.Want)
		}
		want := make(map[string]int)
		for _, n := range []byte(c.Want) {
			want[traceOf[n]]++
		}
		got := make(map[string]int)
		list := read[traceList](s, path("/api/traces", "query", c.Query))
		for _, item := range list.Items {
			got[item.ID] = item.Matches
			if strings.TrimSpace(c.Query) == "" {
				got[item.ID] = item.Spans
			}
		}
		if diff := cmp.Diff(want, got); diff != "" || list.Matched != len(want) {
			t.Errorf("%s: /api/traces (-want +got):\n%s", c.Query, diff)
		}
		inTraces := 0
		for _, id := range slices.Compact(slices.Sorted(maps.Values(traceOf))) {
			inTraces += len(read[struct{ Spans []string }](s, path("/api/traces/"+id+"/matches", "query", c.Query)).Spans)
		}
		if inTraces != len(c.Want) {
			t.Errorf("%s: /matches finds %d spans, want %d", c.Query, inTraces, len(c.Want))
		}
	}
}

type traceList struct {
	Last, Spans, Traces, Matched, Forgotten int
	Items                                   []struct {
		ID, Name, Service, Kind, First string
		FirstName                      string  `json:"first_name"`
		Start                          float64 `json:"start_ms"`
		Duration                       float64 `json:"duration_ms"`
		Spans, Errors, Matches         int
		Rooted                         bool
	}
}

func TestBadQueriesAreTold(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.export(exportertest.Spans()...)
	for _, c := range querytest.BadQueries() {
		for _, at := range []string{"/api/spans", "/api/traces", "/api/traces/4bf92f3577b34da6a3ce929d0e0e4736/matches"} {
			answer, body := s.ask(http.MethodGet, path(at, "query", c.Query))
			var said struct {
				Error, Caret string
				At, Length   int
			}
			if err := json.Unmarshal([]byte(body), &said); err != nil {
				t.Fatal(err)
			}
			if answer.StatusCode != http.StatusBadRequest || said.At != c.At || said.Length != c.Length ||
				!strings.Contains(said.Error, c.Problem) || !strings.Contains(said.Caret, "\n") {
				t.Errorf("%s of %.40q: %s %s", at, c.Query, answer.Status, body)
			}
		}
	}
}

func TestBadRequestsAreTold(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.export(exportertest.Spans()...)
	const id = "4bf92f3577b34da6a3ce929d0e0e4736"
	for _, c := range []struct {
		method, path string
		status       int
		want         string
	}{
		{"GET", "/api/spans?limit=0", 400, "limit: want a whole number from 1 to 100000"},
		{"GET", "/api/spans?limit=x", 400, "limit"},
		{"GET", "/api/spans?after=-1", 400, "after"},
		{"GET", "/api/spans?follow=maybe", 400, "follow: want 1 or 0"},
		{"GET", "/api/traces?sort=best", 400, "sort: want errors"},
		{"GET", "/api/traces/xyz", 400, "no trace id"},
		{"GET", "/api/traces/00000000000000000000000000000000", 400, "no trace id"},
		{"GET", "/api/traces/00000000000000000000000000000001", 404, "isn't here"},
		{"GET", "/api/traces/" + id + "/tree?width=5", 400, "width"},
		{"GET", "/api/traces/" + id + "/decisions?span=1", 404, "no span"},
		{"GET", "/api/nothing", 404, "there is nothing here"},
		{"GET", "/nothing", 404, "not found"},
		{"POST", "/", 405, ""},
		{"DELETE", "/api/spans", 404, ""},
	} {
		answer, body := s.ask(c.method, c.path)
		if answer.StatusCode != c.status || !strings.Contains(body, c.want) {
			t.Errorf("%s %s: %s %q, want %d with %q", c.method, c.path, answer.Status, body, c.status, c.want)
		}
	}
}

// Pages of any size give every span once, in the order of arrival.
func TestPaging(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.export(querytest.Spans()...)
	for limit := 1; limit <= 9; limit++ {
		var all strings.Builder
		next, pages := fmt.Sprintf("/api/spans?query=-name:health&limit=%d", limit), 0
		for ; next != ""; pages++ {
			answer, body := s.ask(http.MethodGet, next)
			all.WriteString(numbers(t, body))
			next = ""
			if link := answer.Header.Get("Link"); link != "" {
				next = strings.TrimSuffix(strings.TrimPrefix(link, "<"), `>; rel="next"`)
			} else if last := answer.Header.Get("Tracehook-Last"); last != "8" {
				t.Errorf("limit %d: Tracehook-Last is %q at the end", limit, last)
			}
		}
		if all.String() != "1234678" || pages != (7+limit-1)/limit {
			t.Errorf("limit %d: %d pages with %q", limit, pages, all.String())
		}
	}
	if got := s.get("/api/spans?after=latest"); got != "" {
		t.Errorf("behind the latest there is %q", got)
	}
}

func TestTraceList(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.export(querytest.Spans()...)
	names := func(sort string) string {
		var all []string
		for _, item := range read[traceList](s, "/api/traces?sort="+sort).Items {
			all = append(all, fmt.Sprintf("%s %s %d/%d", item.ID[:2]+item.ID[30:], item.Name, item.Spans, item.Errors))
		}
		return strings.Join(all, "; ")
	}
	first, second, third := "4b36 GET /users/{id} 4/2", "ab01 GET /health 2/1", "ab02 POST /login 2/0"
	for sort, want := range map[string][]string{
		"": {second, first, third}, "errors": {second, first, third}, "newest": {third, second, first},
		"slowest": {third, second, first}, "largest": {first, third, second},
	} {
		if got := names(sort); got != strings.Join(want, "; ") {
			t.Errorf("sort %q: %s, want %s", sort, got, strings.Join(want, "; "))
		}
	}
	list := read[traceList](s, "/api/traces?limit=1&query=login")
	if len(list.Items) != 1 || list.Matched != 3 || list.Traces != 3 || list.Spans != 8 || list.Last != 8 {
		t.Errorf("one of the traces with login: %+v", list)
	}
	item := read[traceList](s, "/api/traces?query=timed").Items[0]
	if item.Matches != 1 || item.First != "cd00000000000006" || item.Duration != 1500 || !item.Rooted || item.Service != "cart" || item.Kind != "server" {
		t.Errorf("the trace with timed: %+v", item)
	}
}

// A long name is cut between two characters.
func TestLongNamesAreCutAtACharacter(t *testing.T) {
	t.Parallel()
	s := serve(t)
	const start = 199 // the next character crosses the 200th byte
	s.export(tracetest.SpanStub{Name: strings.Repeat("x", start) + "é and more"}.Snapshot())
	want := strings.Repeat("x", start) + "…"
	item := read[traceList](s, path("/api/traces", "query", "more")).Items[0]
	if item.Name != want || item.FirstName != want {
		t.Errorf("the names are %q and %q, want %q", item.Name, item.FirstName, want)
	}
}

// The forms of one trace hold the same spans.
func TestTrace(t *testing.T) {
	t.Parallel()
	s := serve(t, page.WithInspector(inspector{}))
	s.export(querytest.Spans()...)
	const at = "/api/traces/4bf92f3577b34da6a3ce929d0e0e4736"
	body := s.get(at)
	if got := numbers(t, body); got != "1234" {
		t.Errorf("OTLP JSON has %q", got)
	}
	if strings.Count(body, "\n") != 1 {
		t.Errorf("OTLP JSON has %d lines", strings.Count(body, "\n"))
	}
	answer, lines := s.ask(http.MethodGet, at, "Accept", "application/x-ndjson")
	if len(numbers(t, lines)) != 4 || answer.Header.Get("Content-Type") != "application/x-ndjson" {
		t.Errorf("lines %q", lines)
	}
	tree := s.get(at + "/tree?width=100")
	if !strings.Contains(tree, "trace 4bf92f3577b34da6a3ce929d0e0e4736") || !strings.Contains(tree, "└─") {
		t.Errorf("tree\n%s", tree)
	}
	got := read[struct{ Decisions []exporter.Decision }](s, at+"/decisions?span=00f067aa0ba90203")
	want := []exporter.Decision{{Connection: "SELECT users", Keep: true, Reason: "rate", Weight: 2}}
	if diff := cmp.Diff(want, got.Decisions); diff != "" {
		t.Errorf("decisions (-want +got):\n%s", diff)
	}
	conns := read[struct {
		Page        struct{ Spans int }
		Connections map[string]string
	}](s, "/api/connections")
	if conns.Page.Spans != 8 || conns.Connections["stats"] != "of all" {
		t.Errorf("connections: %+v", conns)
	}
}

// inspector answers so that it can be recognized.
type inspector struct{}

func (inspector) Connections() any { return map[string]string{"stats": "of all"} }

func (inspector) Decisions(span sdktrace.ReadOnlySpan) []exporter.Decision {
	return []exporter.Decision{{Connection: span.Name(), Keep: true, Reason: "rate", Weight: 2}}
}

func TestEventsSayThatSpansCame(t *testing.T) {
	t.Parallel()
	s := serve(t)
	header, body := s.open("/api/events")
	if got := header.Get("Content-Type"); got != "text/event-stream" {
		t.Errorf("Content-Type %q", got)
	}
	lines := bufio.NewScanner(body)
	next := func() (last int) {
		t.Helper()
		for lines.Scan() {
			if text, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				var state struct{ Last int }
				if err := json.Unmarshal([]byte(text), &state); err != nil {
					t.Fatal(err)
				}
				return state.Last
			}
		}
		t.Fatal("the stream has ended")
		return 0
	}
	if n := next(); n != 0 {
		t.Errorf("at first %d", n)
	}
	s.export(exportertest.Spans()...)
	if n := next(); n != 4 {
		t.Errorf("after an export %d", n)
	}
	for range 50 { // a burst is one event, or a few
		s.export(exportertest.Many(1)...)
	}
	events := 0
	for next() < 54 {
		events++
	}
	if events > 10 {
		t.Errorf("%d events for one burst", events)
	}
}

func TestFollow(t *testing.T) {
	t.Parallel()
	s := serve(t)
	spans := querytest.Spans()
	s.export(spans[:4]...)
	lines := func(path string) *bufio.Scanner {
		_, body := s.open(path)
		return bufio.NewScanner(body)
	}
	all := lines(path("/api/spans", "follow", "1", "query", "login OR status:error"))
	late := lines(path("/api/spans", "follow", "1", "after", "latest"))
	next := func(lines *bufio.Scanner) string {
		t.Helper()
		if !lines.Scan() {
			t.Fatalf("the stream has ended: %v", lines.Err())
		}
		return numbers(t, lines.Text())
	}
	for _, want := range []string{"2", "3", "4"} {
		if got := next(all); got != want {
			t.Errorf("first %q, want %q", got, want)
		}
	}
	for i := range spans[4:] {
		begin := time.Now()
		s.export(spans[4+i])
		if got := next(late); got != string(rune('5'+i)) || time.Since(begin) > time.Minute {
			t.Errorf("a span that comes: %q after %v", got, time.Since(begin))
		}
	}
	for _, want := range []string{"6", "7"} {
		if got := next(all); got != want {
			t.Errorf("later %q, want %q", got, want)
		}
	}
}
