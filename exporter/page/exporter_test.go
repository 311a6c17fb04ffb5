package page_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/exportertest"
	"github.com/tracehook/tracehook/exporter/page"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	exportertest.RunDriver(t, exportertest.DriverSubject{
		Driver: page.Driver(),
		Settings: func(testing.TB) exporter.Settings {
			return exporter.Settings{Setting: map[string]any{"listen": "127.0.0.1:0", "token": "0123456789abcdef"}}
		},
		Secrets: []string{"0123456789abcdef"},
	})
}

// fat returns a span of a trace of its own, with as many bytes of text.
func fat(n, bytes int) sdktrace.ReadOnlySpan {
	return tracetest.SpanStub{
		Name: fmt.Sprint("span ", n),
		SpanContext: trace.NewSpanContext(trace.SpanContextConfig{
			TraceID: trace.TraceID{0: 1, 14: byte(n >> 8), 15: byte(n)}, SpanID: trace.SpanID{0: 1, 6: byte(n >> 8), 7: byte(n)}, TraceFlags: trace.FlagsSampled,
		}),
		StartTime: exportertest.Start(), EndTime: exportertest.Start().Add(time.Second),
		Attributes: []attribute.KeyValue{attribute.String("text", strings.Repeat("x", bytes))},
	}.Snapshot()
}

// The newest are kept, within the bound, and what is forgotten leaves the list of traces, too.
func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	s := serve(t, page.WithMaxBytes(1<<20))
	s.export(fat(9998, 10))
	s.export(fat(9999, 2<<20)) // never fits, and drives nothing out
	if list := read[traceList](s, "/api/traces"); list.Spans != 1 || list.Forgotten != 1 {
		t.Errorf("after a span that never fits: %+v", list)
	}
	for i := range 1000 {
		s.export(fat(i, 10<<10), nil)
	}
	list := read[struct {
		traceList
		Bytes int64 `json:"bytes"`
	}](s, "/api/traces?sort=newest")
	if list.Bytes > 1<<20 || list.Bytes < 1<<19 || list.Spans != list.Traces || list.Spans < 50 || list.Spans > 102 || list.Spans+list.Forgotten != 1002 {
		t.Errorf("%d bytes, %d spans, %d traces, %d forgotten", list.Bytes, list.Spans, list.Traces, list.Forgotten)
	}
	if list.Items[0].Name != "span 999" || list.Items[len(list.Items)-1].Name != fmt.Sprint("span ", 1000-list.Spans) {
		t.Errorf("the list goes from %s to %s", list.Items[0].Name, list.Items[len(list.Items)-1].Name)
	}
	if answer, _ := s.ask(http.MethodGet, "/api/traces/"+fat(0, 0).SpanContext().TraceID().String()); answer.StatusCode != http.StatusNotFound {
		t.Errorf("a trace that is forgotten: %s", answer.Status)
	}
}

// The estimate of what spans weigh doesn't fall short of what they do.
func TestEstimateCoversTheHeap(t *testing.T) {
	const most = 16 << 20
	tp := sdktrace.NewTracerProvider()
	tracer := tp.Tracer("test")
	e, err := page.New(t.Context(), page.WithListen("127.0.0.1:0"), page.WithMaxBytes(most))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = e.Shutdown(context.Background()) }()
	heap := func() int64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before := heap()
	for i := range 60_000 {
		_, span := tracer.Start(t.Context(), fmt.Sprint("span ", i), trace.WithAttributes(
			attribute.String("route", fmt.Sprint("/", i)), attribute.Int("code", i), attribute.StringSlice("list", []string{strconv.Itoa(i), "b"})))
		span.AddEvent("event", trace.WithAttributes(attribute.Int("n", i)))
		span.End()
		if s, ok := span.(sdktrace.ReadOnlySpan); ok {
			if err := e.ExportSpans(t.Context(), []sdktrace.ReadOnlySpan{s}); err != nil {
				t.Fatal(err)
			}
		}
	}
	grown := heap() - before
	if grown > most*3/2 { // the list of traces and the slice of entries come on top
		t.Errorf("%d MiB on the heap for a bound of %d MiB", grown>>20, most>>20)
	}
	runtime.KeepAlive(e)
}

// A browser that stops reading holds nobody up, and is hung up on in the end.
func TestABrowserThatStopsReadingCostsNothing(t *testing.T) {
	t.Parallel()
	s := serve(t)
	host := strings.TrimSuffix(strings.TrimPrefix(s.Address(), "http://"), "/")
	for _, path := range []string{"/api/spans?follow=1", "/api/spans?follow=1", "/api/spans?follow=1&query=span", "/api/events", "/api/spans?limit=100000"} {
		conn, err := s.dial()
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		if _, err := fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", path, host); err != nil {
			t.Fatal(err)
		}
	}
	spans := make([]sdktrace.ReadOnlySpan, 100)
	for i := range spans {
		spans[i] = fat(i, 5000)
	}
	for range 200 { // 100 MB: no buffer of a socket takes it
		s.export(spans...)
	}
	if got := read[traceList](s, "/api/traces?query=span").Last; got != 20_000 { // others still search
		t.Errorf("%d spans have come, want 20,000", got)
	}
	begin := time.Now()
	if err := s.Shutdown(context.Background()); err != nil || time.Since(begin) > time.Minute {
		t.Errorf("Shutdown took %v: %v", time.Since(begin), err)
	}
}

// Who follows and was too slow is told how many spans they missed.
func TestMissedSpansAreTold(t *testing.T) {
	t.Parallel()
	s := serve(t, page.WithMaxBytes(64<<10))
	s.export(fat(1, 10))
	_, body := s.open("/api/spans?follow=1")
	buf := make([]byte, 1<<16)
	n, err := body.Read(buf)
	if err != nil {
		t.Fatal(err)
	}
	first := string(buf[:n])
	var many []sdktrace.ReadOnlySpan
	for i := range 500 {
		many = append(many, fat(2+i, 1000))
	}
	s.export(many...) // in one go: most are gone before anybody can have read them
	for !strings.Contains(first, `"missed":`) {
		n, err := body.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		first += string(buf[:n])
	}
	var missed int
	_, after, _ := strings.Cut(first, `"missed":`)
	if _, err := fmt.Sscanf(after, "%d}", &missed); err != nil {
		t.Fatal(err)
	}
	kept := read[traceList](s, "/api/traces").Spans
	if missed != 500-kept {
		t.Errorf("missed %d, want %d", missed, 500-kept)
	}
}

func TestTooManyStreamsAreRefused(t *testing.T) {
	t.Parallel()
	s := serve(t)
	for range 32 {
		s.open("/api/events")
	}
	if answer, body := s.ask(http.MethodGet, "/api/events"); answer.StatusCode != http.StatusServiceUnavailable || !strings.Contains(body, "32") {
		t.Errorf("the 33rd: %s %s", answer.Status, body)
	}
	s.get("/api/traces") // others are answered
}

// Shutdown ends what follows, closes the port and forgets the spans; then nothing happens any more.
func TestShutdown(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.export(exportertest.Spans()...)
	_, stream := s.open("/api/spans?follow=1&after=latest")
	if err := s.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(stream); len(body) != 0 || err != nil {
		t.Errorf("the stream ends with %q, %v", body, err)
	}
	if _, err := s.dial(); err == nil {
		t.Error("the port is still open")
	}
	if err := s.ExportSpans(t.Context(), exportertest.Spans()); err != nil {
		t.Errorf("an export afterwards: %v", err)
	}
	if err := s.Shutdown(t.Context()); err != nil {
		t.Errorf("the second Shutdown: %v", err)
	}
}

func TestExportHonorsItsContext(t *testing.T) {
	t.Parallel()
	s := serve(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.ExportSpans(ctx, exportertest.Spans()); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestPageConcurrentSafe(t *testing.T) {
	t.Parallel()
	s := serve(t, page.WithMaxBytes(256<<10), page.WithInspector(inspector{}))
	stop := make(chan struct{})
	var writers, readers sync.WaitGroup
	for i := range 2 {
		writers.Go(func() {
			for n := range 200 {
				if err := s.ExportSpans(t.Context(), append(exportertest.Spans(), fat(i*1000+n, 500))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	id := exportertest.Spans()[0].SpanContext().TraceID().String()
	for _, path := range []string{"/api/spans?query=login", "/api/traces?query=status:error", "/api/traces/" + id, "/api/traces/" + id + "/tree", "/api/connections"} {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, strings.TrimSuffix(s.Address(), "/")+path, nil)
				if err != nil {
					t.Error(err)
					return
				}
				answer, err := s.client.Do(r)
				if err != nil {
					t.Error(err)
					return
				}
				_, _ = io.Copy(io.Discard, answer.Body)
				_ = answer.Body.Close()
				if answer.StatusCode >= 500 {
					t.Errorf("%s: %s", path, answer.Status)
				}
			}
		})
	}
	writers.Wait()
	close(stop)
	readers.Wait()
	if got := read[traceList](s, "/api/traces").Last; got != 2000 {
		t.Errorf("%d spans have come, want 2,000", got)
	}
}
