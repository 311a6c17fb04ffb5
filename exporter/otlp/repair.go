package otlp

import (
	"context"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"github.com/tracehook/tracehook/exporter/delivery"
)

// repairing encodes once more, with valid texts, what the official client can't encode: one
// span with a wrong byte in one text would cost its whole batch.
type repairing struct{ otlptrace.Client }

// UploadTraces encodes and delivers spans.
func (r repairing) UploadTraces(ctx context.Context, spans []*tracepb.ResourceSpans) error {
	err := r.Client.UploadTraces(ctx, spans)
	if c, callErr := callOf(ctx); err == nil || callErr != nil || c.reached {
		return err
	}
	for _, s := range spans {
		delivery.MakeValid(s.ProtoReflect())
	}
	return r.Client.UploadTraces(ctx, spans)
}
