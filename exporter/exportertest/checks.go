package exportertest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

func exportsBatch(r *run) {
	e := r.New(r)
	if err := r.export(r.Context(), e, r.spans()); err != nil {
		r.problem("ExportSpans: %w", err)
	}
	if err := r.export(r.Context(), e, Many(300)); err != nil {
		r.problem("ExportSpans of 300 spans: %w", err)
	}
	r.shutdown(e)
	r.expect(e, len(r.spans())+300)
}

func takesEmptyBatch(r *run) {
	e := r.New(r)
	for _, spans := range [][]sdktrace.ReadOnlySpan{nil, {}} {
		if err := r.export(r.Context(), e, spans); err != nil {
			r.problem("ExportSpans without spans: %w", err)
		}
	}
	r.shutdown(e)
	r.expect(e, 0)
}

func nothingAfterShutdown(r *run) {
	e := r.New(r)
	r.shutdown(e)
	if err := r.export(r.Context(), e, r.spans()); err != nil {
		r.problem("ExportSpans after Shutdown must return nil: %w", err)
	}
	r.expect(e, 0)
}

func shutsDownTwice(r *run) {
	e := r.New(r)
	if err := r.export(r.Context(), e, r.spans()); err != nil {
		r.problem("ExportSpans: %w", err)
	}
	r.shutdown(e)
	r.shutdown(e)
	r.expect(e, len(r.spans()))
}

func shutsDownUnused(r *run) { r.shutdown(r.New(r)) }

func heedsContext(r *run) {
	e := r.New(r)
	ctx, cancel := context.WithCancel(r.Context())
	cancel()
	if err := r.export(ctx, e, r.spans()); err != nil && !errors.Is(err, context.Canceled) {
		r.problem("ExportSpans with a canceled context must return nil or wrap its error: %w", err)
	}
	r.shutdown(e)
}

func leavesSpansAlone(r *run) {
	e := r.New(r)
	before, after := r.spans(), r.spans()
	const free = 4
	attributes := make([]attribute.KeyValue, 1, 1+free)
	attributes[0] = attribute.String("key", "value")
	after[0] = withAttributes{after[0], attributes}
	if err := r.export(r.Context(), e, after); err != nil {
		r.problem("ExportSpans: %w", err)
	}
	for i, kv := range attributes[:1+free][1:] {
		if kv.Valid() || kv.Value.Type() != attribute.EMPTY {
			r.problem("ExportSpans wrote %q behind a span's attributes, at %d: others share that memory", kv.Key, 1+i)
		}
	}
	if attributes[0] != attribute.String("key", "value") {
		r.problem("ExportSpans changed an attribute of a span to %v", attributes[0])
	}
	for i := 1; i < len(before); i++ {
		if after[i] == nil || before[i].SpanContext().SpanID() != after[i].SpanContext().SpanID() {
			r.problem("ExportSpans changed the slice of spans at %d", i)
		}
	}
	clear(after) // as the batcher does
	if err := r.export(r.Context(), e, Many(1)); err != nil {
		r.problem("ExportSpans after the slice was cleared: %w", err)
	}
	r.shutdown(e)
	r.expect(e, len(r.spans())+1)
}

// withAttributes is a span with attributes of its own.
type withAttributes struct {
	sdktrace.ReadOnlySpan

	attributes []attribute.KeyValue
}

func (s withAttributes) Attributes() []attribute.KeyValue { return s.attributes }

func concurrentShutdown(r *run) {
	e := r.New(r)
	var wg sync.WaitGroup
	wg.Go(func() {
		for range 20 {
			// An export during Shutdown may fail; it must neither panic nor hang.
			_ = r.export(r.Context(), e, Many(3))
		}
	})
	for range 4 {
		wg.Go(func() { r.shutdown(e) })
	}
	wg.Wait()
	before := 0
	if r.Count != nil {
		before = r.Count(e)
	}
	if err := r.export(r.Context(), e, Many(3)); err != nil {
		r.problem("ExportSpans after Shutdown must return nil: %w", err)
	}
	r.expect(e, before)
}

func survivesFailure(r *run) {
	if r.Failing == nil {
		return
	}
	e := r.Failing(r)
	spans := Many(4) // a whole trace: no driver waits for others of it
	for range 3 {
		err := r.export(r.Context(), e, spans)
		if err == nil {
			r.problem("ExportSpans to a failing destination returned nil: its spans would count as delivered")
			continue
		}
		r.hides("an export's error", err.Error())
		var counted interface {
			SpanResult() (exported, failed, spooled int)
		}
		if errors.As(err, &counted) {
			exported, failed, spooled := counted.SpanResult()
			if exported < 0 || failed < 0 || spooled < 0 || exported+failed+spooled != len(spans) {
				r.problem("SpanResult says %d, %d, %d of %d spans", exported, failed, spooled, len(spans))
			}
		}
	}
	// What can't be delivered may be said again here.
	if err := r.call("Shutdown", func() error { return e.Shutdown(r.Context()) }); err != nil {
		r.hides("the error of Shutdown", err.Error())
	}
}

func showsNoSecret(r *run) {
	e := r.New(r)
	r.hides("%v of the exporter", fmt.Sprintf("%v", e))
	r.hides("%+v of the exporter", fmt.Sprintf("%+v", e))
	if encoded, err := json.Marshal(e); err == nil {
		r.hides("the JSON of the exporter", string(encoded))
	}
	if m, ok := e.(interface{ MarshalLog() any }); ok {
		r.hides("MarshalLog", fmt.Sprintf("%+v", m.MarshalLog()))
		encoded, err := json.Marshal(m.MarshalLog())
		if err != nil {
			r.problem("MarshalLog has no JSON: %w", err)
		}
		r.hides("the JSON of MarshalLog", string(encoded))
	}
	r.shutdown(e)
}

func (r *run) hides(where, text string) {
	for _, secret := range r.Secrets {
		if strings.Contains(text, secret) {
			r.problem("%s shows the secret %q", where, secret)
		}
	}
}
