package processor

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/decision"
)

// exportKey marks spans that were started inside an export.
const exportKey = attribute.Key("tracehook.export")

// OnStart marks spans that an export of ours starts, as an exporter does whose HTTP client
// is instrumented with the same provider. Exporting them would make more of them, for ever.
// The head sampler drops such spans; this is for providers with another sampler.
func (f *Fanout) OnStart(ctx context.Context, s sdktrace.ReadWriteSpan) {
	if decision.IsExport(ctx) {
		f.marked.Store(true)
		s.SetAttributes(exportKey.Bool(true))
	}
}

// isExport reports whether OnStart has marked s. Only spans of a foreign provider can be.
func (f *Fanout) isExport(s *decision.Span) bool {
	if s.State.Origin != decision.Foreign || !f.marked.Load() {
		return false
	}
	for _, kv := range s.Ended.Attributes() {
		if kv.Key == exportKey {
			return kv.Value.AsBool()
		}
	}
	return false
}
