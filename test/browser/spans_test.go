package browser_test

import (
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/internal/vocab"
)

// maker makes the spans of a small shop, always the same.
type maker struct {
	at    time.Time
	spans uint64
	id    trace.TraceID
	stubs tracetest.SpanStubs
}

func newMaker() *maker {
	return &maker{at: time.Date(2026, time.March, 4, 5, 6, 7, 89_000_000, time.UTC)}
}

// trace begins a new trace.
func (m *maker) trace() {
	binary.BigEndian.PutUint64(m.id[:], 0x4bf92f3577b34da6)
	binary.BigEndian.PutUint64(m.id[8:], binary.BigEndian.Uint64(m.id[8:])+0x9e3779b97f4a7c15)
	m.at = m.at.Add(1370 * time.Millisecond)
}

// span adds a span that starts at and lasts some milliseconds, and returns its id.
func (m *maker) span(parent trace.SpanID, service, name string, kind trace.SpanKind, at, length float64, attrs ...attribute.KeyValue) trace.SpanID {
	m.spans++
	var id trace.SpanID
	binary.BigEndian.PutUint64(id[:], 0xf067aa0b00000000+m.spans)
	within := func(id trace.SpanID) trace.SpanContext {
		if !id.IsValid() {
			return trace.SpanContext{}
		}
		return trace.NewSpanContext(trace.SpanContextConfig{TraceID: m.id, SpanID: id, TraceFlags: trace.FlagsSampled})
	}
	ms := func(f float64) time.Duration { return time.Duration(f * float64(time.Millisecond)) }
	m.stubs = append(m.stubs, tracetest.SpanStub{
		Name: name, SpanContext: within(id), Parent: within(parent), SpanKind: kind,
		StartTime: m.at.Add(ms(at)), EndTime: m.at.Add(ms(at + length)), Attributes: attrs,
		Resource: resource.NewSchemaless(attribute.String("service.name", service), attribute.String("host.name", "node-7")),
	})
	return id
}

func (m *maker) last() *tracetest.SpanStub { return &m.stubs[len(m.stubs)-1] }

func (m *maker) fail(message string) {
	s := m.last()
	s.Status = sdktrace.Status{Code: codes.Error, Description: message}
	s.Events = append(s.Events, sdktrace.Event{
		Name: "exception", Time: s.EndTime.Add(-time.Millisecond),
		Attributes: []attribute.KeyValue{attribute.String("exception.type", "TimeoutError"), attribute.String("exception.message", message)},
	})
}

// checkout adds a trace of a checkout, which may fail.
func (m *maker) checkout(n int, fails bool) {
	m.trace()
	slow := float64(n%7) * 11
	total := 180 + slow
	root := m.span(trace.SpanID{}, "shop", "POST /checkout", trace.SpanKindServer, 0, total,
		attribute.String("http.request.method", "POST"), attribute.String("http.route", "/checkout"), attribute.Int("http.response.status_code", 200))
	at := len(m.stubs) - 1
	m.span(root, "shop", "session.load", trace.SpanKindInternal, 1, 6, attribute.Bool("vip", n%3 == 0))
	cart := m.span(root, "shop", "GET cart/items", trace.SpanKindClient, 8, 62, attribute.String("server.address", "cart"))
	remote := m.span(cart, "cart", "GET /items", trace.SpanKindServer, 12, 54, attribute.String("http.route", "/items"))
	for i := range 8 {
		m.span(remote, "cart", "SELECT items", trace.SpanKindClient, 14+float64(i)*6, 5,
			attribute.String("db.system.name", "postgresql"), attribute.String("db.query.text", "SELECT * FROM items WHERE id = $1"), attribute.Int("row", i))
	}
	pay := m.span(root, "shop", "charge", trace.SpanKindInternal, 74, total-90)
	m.span(pay, "payment", "POST /charge", trace.SpanKindServer, 80, total-102, attribute.String("http.route", "/charge"))
	if fails {
		m.fail("card processor: deadline exceeded after 3 attempts")
		top := &m.stubs[at]
		top.Status = sdktrace.Status{Code: codes.Error, Description: "checkout failed"}
		top.Attributes[2] = attribute.Int("http.response.status_code", 502)
	}
	m.span(root, "mail", "queue receipt", trace.SpanKindProducer, total-12, 7, attribute.String("messaging.destination.name", "receipts"))
}

// browse adds a small trace.
func (m *maker) browse(n int) {
	m.trace()
	route := []string{"/", "/products/{id}", "/health", "/search"}[n%4]
	root := m.span(trace.SpanID{}, "shop", "GET "+route, trace.SpanKindServer, 0, 3+float64(n%5)*4,
		attribute.String("http.route", route), attribute.Int("http.response.status_code", 200))
	if n%4 != 2 {
		m.span(root, "shop", "cache.get", trace.SpanKindInternal, 0.5, 1.2, attribute.String("key", fmt.Sprint("page:", n)))
	}
}

// shop is a bit of everything.
func shop() []sdktrace.ReadOnlySpan {
	m := newMaker()
	for i := range 60 {
		if i%4 == 1 {
			m.checkout(i, i%16 == 5)
		} else {
			m.browse(i)
		}
	}
	return m.stubs.Snapshots()
}

// large is one trace of n spans: batches of jobs with steps of different lengths.
func large(n int) []sdktrace.ReadOnlySpan {
	m := newMaker()
	m.trace()
	root := m.span(trace.SpanID{}, "worker", "nightly import", trace.SpanKindConsumer, 0, float64(n))
	for i := 0; len(m.stubs) < n; i++ {
		at := float64(i * 20)
		job := m.span(root, "worker", fmt.Sprintf("job %d", i%9), trace.SpanKindInternal, at, 19, attribute.Int("job", i), attribute.String("file", fmt.Sprintf("/data/part-%05d.csv", i)))
		for k := 0; k < 19 && len(m.stubs) < n; k++ {
			m.span(job, []string{"worker", "store", "index"}[k%3], fmt.Sprintf("step %d", k), trace.SpanKindClient, at+float64(k), 0.9,
				attribute.String("db.query.text", "INSERT INTO parts VALUES ($1, $2)"), attribute.Int("rows", i*k))
			if i%50 == 49 && k == 7 {
				m.fail("duplicate key")
			}
		}
	}
	return m.stubs.Snapshots()
}

const hostile = `<script>window.harmed=1</script><img src=x onerror="window.harmed=1">"'` + "`" + `\u003c&lt;` + "\u202eevil\u2066\x00\x1b[31m"

// harmful is a trace whose every text tries to get out of its place.
func harmful() []sdktrace.ReadOnlySpan {
	m := newMaker()
	m.trace()
	root := m.span(trace.SpanID{}, hostile, hostile, trace.SpanKindServer, 0, 10, attribute.String(hostile, hostile),
		vocab.Kind.String(hostile), vocab.Status.String(hostile),
		attribute.String("big", strings.Repeat("<b>1 MB</b>", 1<<20/11)), attribute.StringSlice("list", []string{hostile, `{"a":`}),
		attribute.String("__proto__", "x"), attribute.String("constructor", "y"))
	m.fail(hostile)
	m.last().Links = []sdktrace.Link{{SpanContext: m.last().SpanContext, Attributes: []attribute.KeyValue{attribute.String(hostile, hostile)}}}
	m.span(root, "constructor", "__proto__", trace.SpanKindInternal, 1, 2)
	return m.stubs.Snapshots()
}
