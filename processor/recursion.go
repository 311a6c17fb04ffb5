package processor

import (
	"context"
	"log/slog"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/decision"
)

// OnStart notes where the span comes from: in particular whether an export of ours starts it, as
// an exporter does whose HTTP client is instrumented with the same provider. Exporting such spans
// would make more of them, for ever. The head sampler drops them; for providers with another
// sampler OnEnd refuses them. Where the exporter has lost the context, see [connection.Inside].
func (f *Fanout) OnStart(ctx context.Context, s sdktrace.ReadWriteSpan) {
	if f.options.Notes == nil {
		return
	}
	sc := s.SpanContext()
	again, first := f.twice.started(&sc)
	if first {
		f.report.registeredTwice() //nolint:contextcheck // a log line is no part of what the span does
	}
	if again {
		return
	}
	f.open.start(sc.SpanID(), s)
	if f.env.Inside.Wanted() && !s.Parent().IsValid() {
		if inside, first := f.env.Inside.Export(); inside {
			ctx = decision.ExportContext(ctx)
			if first {
				f.report.tracesItself(s.Name(), f.exporting()) //nolint:contextcheck // as above
			}
		}
	}
	f.options.Notes.Started(ctx, s)
	f.holdStart(s)
}

// exporting returns the names of the connections that have an export running.
func (f *Fanout) exporting() (names []string) {
	for _, c := range f.alive(f.conns.Load()) {
		if c.IsExporting() {
			names = append(names, c.Name())
		}
	}
	return names
}

// tracesItself says, once, that an exporter has begun a trace inside an export.
func (r *reporter) tracesItself(span string, names []string) {
	r.log(slog.LevelError, "a driver traces its own exports under a context that isn't the export's, so that they would be exported, too: "+
		"pass the context of ExportSpans on; such spans are refused and counted as dropped.recursion",
		slog.String("span", span), slog.Any("connections", names))
}

// refuse counts a span that must not be exported by any connection.
func (f *Fanout) refuse(list *connections, s *decision.Span) {
	for i := range list.members {
		list.members[i].ledger.Recursion.Add(recordedAt(s))
	}
	f.report.notify()
}

// recordedAt is what a span stands for before any decision: all those that the head sampler
// recorded from the same threshold on. The th that it may carry says what a decision would have
// made of it, which is something else.
func recordedAt(s *decision.Span) decision.Threshold {
	if s.Recorded >= decision.Never {
		return decision.Always
	}
	return s.Recorded
}
