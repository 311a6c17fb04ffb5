package encode_test

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/encode"
	"github.com/tracehook/tracehook/exporter/encode/redact"
	"github.com/tracehook/tracehook/internal/vocab"
)

// secretive returns spans each of whose places has a secret now and then.
func secretive(random *rand.Rand, n int) []sdktrace.ReadOnlySpan {
	text := func() string {
		clean := []string{"", "GET /orders/{id}", "https://shop.example/orders/7?page=2", "a@b", "50 % = 1/2"}
		dirty := []string{
			"https://eve:pl4nted@shop.example/", "postgres://eve:pl4nted@db/shop failed", "card 4111111111111111",
			"https://bucket.example/o?X-Amz-Signature=pl4nted&page=2", "?token=pl4nted",
		}
		if random.IntN(6) > 0 {
			return clean[random.IntN(len(clean))]
		}
		return dirty[random.IntN(len(dirty))]
	}
	attrs := func() (all []attribute.KeyValue) {
		keys := []string{"url.full", "http.route", "user.password", "user.email", "drop.me", string(vocab.Service), "exception.message", "n"}
		for range random.IntN(4) {
			key := keys[random.IntN(len(keys))]
			switch random.IntN(5) {
			case 0:
				all = append(all, attribute.Int64(key, []int64{7, 4111111111111111}[random.IntN(2)]))
			case 1:
				all = append(all, attribute.StringSlice(key, []string{text(), text()}))
			default:
				all = append(all, attribute.String(key, text()))
			}
		}
		return all
	}
	resources, scopes := make([]*resource.Resource, 5), make([]instrumentation.Scope, 5)
	for i := range resources {
		resources[i] = resource.NewWithAttributes(text(), append(attrs(), attribute.String("service.name", text()))...)
		scopes[i] = instrumentation.Scope{Name: text(), Version: text(), SchemaURL: text(), Attributes: attribute.NewSet(attrs()...)}
	}
	stubs := make(tracetest.SpanStubs, n)
	for i := range stubs {
		context := func() trace.SpanContext {
			return trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1, byte(i)}, SpanID: trace.SpanID{2, byte(random.Uint32())}})
		}
		s := tracetest.SpanStub{
			Name: text(), SpanContext: context(), StartTime: time.Unix(1_800_000_000, int64(i)), EndTime: time.Unix(1_800_000_001, int64(i)),
			Attributes: attrs(), Resource: resources[random.IntN(len(resources))], InstrumentationScope: scopes[random.IntN(len(scopes))],
		}
		if random.IntN(2) == 0 {
			s.Status = sdktrace.Status{Code: codes.Error, Description: text()}
		}
		for range random.IntN(3) {
			s.Events = append(s.Events, sdktrace.Event{Name: text(), Attributes: attrs(), Time: s.StartTime})
			s.Links = append(s.Links, sdktrace.Link{SpanContext: context(), Attributes: attrs()})
		}
		stubs[i] = s
	}
	return stubs.Snapshots()
}

// An encoder that redacts writes what one writes that gets redacted spans, and counts the same.
func TestEncodersThatRedact(t *testing.T) {
	t.Parallel()
	type encoder interface {
		Append(dst []byte, spans []sdktrace.ReadOnlySpan) []byte
	}
	mapped := exporter.Settings{}
	for _, name := range []string{"name", "scope_name", "scope_version", "service", "target", "events", "links", "resource", "attributes", "status_message", "attributes.url.full"} {
		mapped.Fields = append(mapped.Fields, exporter.FieldMapping{Source: name, Target: name})
	}
	fields, err := encode.CompileFields(mapped)
	if err != nil {
		t.Fatal(err)
	}
	makers := map[string]func(*redact.Redactor) encoder{}
	for _, o := range []encode.OTLPOptions{{}, {Fields: fields}, {SplitServices: true}, {Service: "other", Fields: fields}} {
		name := fmt.Sprintf("fields=%t split=%t service=%q", o.Fields != nil, o.SplitServices, o.Service)
		with := func(r *redact.Redactor) encode.OTLPOptions {
			o := o // subtests are parallel
			o.Redactor = r
			return o
		}
		makers["protobuf "+name] = func(r *redact.Redactor) encoder { return encode.NewOTLPProto(with(r)) }
		makers["OTLP JSON "+name] = func(r *redact.Redactor) encoder { return encode.NewOTLPJSON(with(r)) }
	}
	for _, kind := range encode.Kinds() {
		for name, s := range map[string]exporter.Settings{"default": {}, "mapped": mapped} {
			if kind == "text" {
				s = exporter.Settings{Format: "%name% %service% %attributes% %status_message% %scope_name% %events%"}
			}
			makers[kind+" "+name] = func(r *redact.Redactor) encoder {
				e, err := encode.New(kind, s)
				if err != nil {
					t.Fatal(err)
				}
				writer, ok := e.(interface{ Redact(r *redact.Redactor) })
				if !ok {
					t.Fatalf("%s doesn't redact", kind)
				}
				writer.Redact(r)
				return e
			}
		}
	}
	rules := map[string]redact.Options{
		"defaults": {Defaults: true},
		"all": {
			Defaults: true, Drop: []string{"drop.*"}, Mask: []string{"*password*"}, Hash: []string{"*.email", "tracehook.service", "service.name"}, HashKey: "k",
			Query: []string{"token"}, Patterns: []string{"card", "token"},
		},
		"function": {Func: func(key string, v attribute.Value) attribute.Value {
			if key == "http.route" {
				return attribute.StringValue("in code")
			}
			return v
		}},
	}
	for _, name := range slices.Sorted(maps.Keys(makers)) {
		for rule, o := range rules {
			t.Run(name+"/"+rule, func(t *testing.T) {
				t.Parallel()
				random := rand.New(rand.NewPCG(1, 2))
				inside, outside := newRedactor(t, o), newRedactor(t, o)
				redacting, plain := makers[name](inside), makers[name](nil)
				for range 20 {
					spans := secretive(random, 40)
					got, want := redacting.Append(nil, spans), plain.Append(nil, outside.Spans(spans))
					if !bytes.Equal(got, want) {
						t.Fatalf("got\n%s\nwant\n%s", got, want)
					}
					if rule != "function" && bytes.Contains(got, []byte("eve:pl4nted")) {
						t.Fatalf("a password was written:\n%s", got)
					}
				}
				if rule != "function" && len(inside.Counts()) == 0 {
					t.Error("nothing was counted")
				}
			})
		}
	}
}

func newRedactor(tb testing.TB, o redact.Options) *redact.Redactor {
	tb.Helper()
	r, err := redact.New(o)
	if err != nil {
		tb.Fatal(err)
	}
	return r
}
