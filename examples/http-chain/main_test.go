package main

import (
	"strings"
	"testing"

	"go.opentelemetry.io/otel/trace"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Each request is one trace over all hops, which begins at the edge with a link to the stranger's.
func TestChain(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	if err := run(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	want := `a stranger buys tea: 200 OK
a stranger buys unicorn: 404 Not Found
a stranger buys anvil: 503 Service Unavailable
gate server http:/buy/{item} linked to 0102030405060708090a0b0c0d0e0f10
  gate client GET
    orders server http:/orders/{item}
      orders internal method:price
      orders client HTTP GET
        stock server http:/stock/{item}
          stock internal shelf
gate server http:/buy/{item} linked to 0102030405060708090a0b0c0d0e0f10
  gate client GET ERROR
    orders server http:/orders/{item}
      orders internal method:price
      orders client HTTP GET ERROR
        stock server http:/stock/{item}
          stock internal shelf
gate server http:/buy/{item} ERROR linked to 0102030405060708090a0b0c0d0e0f10
  gate client GET ERROR
    orders server http:/orders/{item} ERROR
      orders internal method:price
      orders client HTTP GET ERROR
        stock server http:/stock/{item} ERROR
          stock internal shelf
`
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", &out, want)
	}
}

// One trace id over all hops, none of them the stranger's; and the response says which.
func TestOneTrace(t *testing.T) {
	t.Parallel()
	s, err := start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.stop(t.Context())
	if _, err := s.buy(t.Context(), "tea", "00-0102030405060708090a0b0c0d0e0f10-0102030405060708-01"); err != nil {
		t.Fatal(err)
	}
	spans, err := s.spans(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ids := map[trace.TraceID]int{}
	for _, span := range spans {
		ids[span.SpanContext().TraceID()]++
		route := ""
		for _, a := range span.Attributes() {
			if a.Key == "http.route" {
				route = a.Value.AsString()
			}
		}
		if span.SpanKind() == trace.SpanKindServer && strings.HasPrefix(span.Name(), "http:") && span.Name() != "http:"+route {
			t.Errorf("%s has the route %q", span.Name(), route)
		}
	}
	if len(ids) != 1 || len(spans) != 7 {
		t.Errorf("%d spans of the traces %v", len(spans), ids)
	}
	if ids[trace.TraceID{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}] > 0 {
		t.Error("the trace is the stranger's")
	}
}
