package dynamodb_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/google/go-cmp/cmp"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/dynamodb"
	"github.com/tracehook/tracehook/exporter/file/readback"
	"github.com/tracehook/tracehook/exporter/report"
	"github.com/tracehook/tracehook/processor"
)

var begin = time.Date(2026, time.March, 4, 5, 6, 7, 89_000_001, time.UTC)

// traceID returns ids whose last 63 bits differ, and whose first bit of the last 64 is set.
func traceID(n int) trace.TraceID {
	id := trace.TraceID{0: 0xab, 8: 0x80}
	binary.BigEndian.PutUint32(id[12:], uint32(n)+1)
	return id
}

// stub is span n of a trace: the child of the one before.
func stub(of, n int) tracetest.SpanStub {
	id := func(n int) trace.SpanID {
		var span trace.SpanID
		binary.BigEndian.PutUint64(span[:], uint64(n)+1)
		return span
	}
	s := tracetest.SpanStub{
		Name: fmt.Sprintf("step %d", n), SpanKind: trace.SpanKindServer,
		SpanContext: trace.NewSpanContext(trace.SpanContextConfig{TraceID: traceID(of), SpanID: id(n), TraceFlags: trace.FlagsSampled}),
		StartTime:   begin.Add(time.Duration(n) * time.Microsecond), EndTime: begin.Add(time.Duration(n)*time.Microsecond + 3*time.Second/2),
		Attributes: []attribute.KeyValue{
			attribute.Int("n", n), attribute.Float64("ratio", 0.25), attribute.Bool("vip", n%2 == 0), attribute.String("text", "größer 🙂"),
		},
		Resource: resource.NewSchemaless(attribute.String("service.name", "shop")),
	}
	if n > 0 {
		s.Parent = s.SpanContext.WithSpanID(id(n - 1))
	}
	if n%7 == 3 {
		s.Status = sdktrace.Status{Code: codes.Error, Description: "broken"}
	}
	return s
}

// want is what is read back of a stub.
func want(s tracetest.SpanStub, schema string) readback.Span {
	w := readback.Span{
		TraceID: s.SpanContext.TraceID(), ID: s.SpanContext.SpanID(), Parent: s.Parent.SpanID(),
		Name: s.Name, Kind: "server", Start: s.StartTime, End: s.EndTime,
		Attributes: map[string]any{"text": "größer 🙂"},
	}
	n := s.Attributes[0].Value.AsInt64()
	if schema == "otel" {
		w.Service, w.Status, w.Resource = "shop", "ok", map[string]any{"service.name": "shop"}
		w.Attributes["n"], w.Attributes["ratio"], w.Attributes["vip"] = n, 0.25, n%2 == 0
	} else {
		w.TraceID = trace.TraceID{8: w.TraceID[8] & 0x7f}
		id := s.SpanContext.TraceID()
		copy(w.TraceID[9:], id[9:])
		w.Attributes["n"], w.Attributes["ratio"], w.Attributes["vip"] = strconv.FormatInt(n, 10), "0.25", strconv.FormatBool(n%2 == 0)
	}
	if s.Status.Code == codes.Error {
		w.Status, w.Message = "error", s.Status.Description
	}
	return w
}

// read returns the spans of a trace, without what nobody compares.
func read(tb testing.TB, o dynamodb.Options, id trace.TraceID) []readback.Span {
	tb.Helper()
	var spans []readback.Span
	for s, err := range dynamodb.Read(tb.Context(), o, id) {
		if err != nil {
			tb.Fatal(err)
		}
		s.Other, s.Start, s.End = nil, s.Start.UTC(), s.End.UTC()
		spans = append(spans, s)
	}
	return spans
}

// TestThrottledSpansArrive writes 10,000 spans through the Fanout into a table that refuses a quarter of all
// requests and leaves a third of the items of the others, and reads them back by their trace.
func TestThrottledSpansArrive(t *testing.T) {
	t.Parallel()
	const each = 100
	for _, schema := range []string{"recorder", "otel"} {
		for _, spooled := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s spooled=%t", schema, spooled), func(t *testing.T) {
				t.Parallel()
				traces := 20
				if schema == "recorder" && !spooled {
					traces = 100
				}
				ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
				defer cancel()
				p := newProxy(t)
				p.answer, p.leave = throttles(0.25), 1.0/3
				s := settings(p.url, "schema", schema)
				if spooled {
					s.Spool = map[string]any{"dir": filepath.Join(t.TempDir(), "spool"), "mode": "always"}
				}
				e, err := dynamodb.Driver().New(t.Context(), s)
				if err != nil {
					t.Fatal(err)
				}
				fan, err := processor.New(t.Context(), processor.Options{}, processor.ConnectionConfig{
					Name: "table", Open: func(context.Context) (sdktrace.SpanExporter, error) { return e, nil },
					QueueSize: traces * each, ExportTimeout: time.Minute,
				})
				if err != nil {
					t.Fatal(err)
				}
				for of := range traces {
					for n := range each {
						fan.OnEnd(stub(of, n).Snapshot())
					}
				}
				if err := fan.ForceFlush(ctx); err != nil {
					t.Fatal(err)
				}
				if spooled {
					awaitEmptySpool(t, e)
				}
				if err := fan.Shutdown(ctx); err != nil {
					t.Fatal(err)
				}
				c := fan.Stats().Connections["table"]
				if c.Offered != int64(traces*each) || c.Exported+c.Replayed != c.Offered || c.Failed != 0 || c.Dead != 0 {
					t.Errorf("the ledger has %+v", c)
				}
				if p.throttled == 0 || p.left == 0 || p.most > 25 {
					t.Errorf("%d requests were throttled, %d items left, and one request had %d items", p.throttled, p.left, p.most)
				}
				o := optionsOf(t, s)
				for of := range traces {
					var all []readback.Span
					for n := range each {
						all = append(all, want(stub(of, n), schema))
					}
					if diff := cmp.Diff(all, read(t, o, traceID(of))); diff != "" {
						t.Fatalf("trace %d (-want +got):\n%s", of, diff)
					}
				}
				t.Logf("%d requests, %d throttled, %d items left unprocessed", p.writes, p.throttled, p.left)
			})
		}
	}
}

func awaitEmptySpool(tb testing.TB, e sdktrace.SpanExporter) {
	tb.Helper()
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(10 * time.Millisecond) {
		pending := report.SpoolOf(e).Counts().Pending
		if pending == 0 {
			return
		}
		if time.Now().After(deadline) {
			tb.Fatalf("%d spans wait in the spool", pending)
		}
	}
}

// export exports spans and returns what became of them.
func export(tb testing.TB, s exporter.Settings, spans ...tracetest.SpanStub) error {
	tb.Helper()
	e, err := dynamodb.Driver().New(tb.Context(), s)
	if err != nil {
		tb.Fatal(err)
	}
	err = e.ExportSpans(tb.Context(), tracetest.SpanStubs(spans).Snapshots())
	if err := e.Shutdown(tb.Context()); err != nil {
		tb.Error(err)
	}
	return err
}

func TestTwentyFiveAtATime(t *testing.T) {
	t.Parallel()
	p := newProxy(t)
	s := settings(p.url)
	var spans []tracetest.SpanStub
	for n := range 130 {
		spans = append(spans, stub(0, n))
	}
	if err := export(t, s, spans...); err != nil {
		t.Fatal(err)
	}
	if n := len(scan(t, fmt.Sprint(s.Setting["table"]))); n != 130 || p.most != 25 {
		t.Errorf("%d items, at most %d at once", n, p.most)
	}
	s.Setting["max_request_bytes"] = "2KB"
	p.bytes = 0
	if err := export(t, s, spans...); err != nil || p.bytes > 4000 {
		t.Errorf("%v; a request had %d bytes", err, p.bytes)
	}
}

func TestSpansWithTheSameIDs(t *testing.T) {
	t.Parallel()
	p := newProxy(t)
	s := settings(p.url)
	other := stub(0, 1)
	id := other.SpanContext.SpanID()
	id[0] |= 0x80 // the recorder has 63 bits
	other.SpanContext = other.SpanContext.WithSpanID(id)
	r, ok := errors.AsType[*report.Result](export(t, s, stub(0, 0), stub(0, 1), other))
	if !ok || r.Exported != 2 || r.Failed != 1 || !strings.Contains(r.Error(), `span "step 1" has the ids of another one`) {
		t.Errorf("got %+v", r)
	}
	if n := len(scan(t, fmt.Sprint(s.Setting["table"]))); n != 2 {
		t.Errorf("%d items", n)
	}
}
