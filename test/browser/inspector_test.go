package browser_test

import (
	"encoding/json"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter"
)

// inspector knows three connections that are doing well, badly and not at all.
type inspector struct{}

func (inspector) Connections() any {
	return json.RawMessage(`{"drivers":{"page":"page","otlp":"otlp","archive":"file"},"stats":{"connections":{
"page":{"offered":1204,"accepted":1204,"exported":1204,"queue_cap":16384,"flush_count":41,"last_write_latency_ms":0.09,"dynamic_sample_factor":1,"dropped":{}},
"otlp":{"offered":1204,"sampled_out":702,"accepted":502,"pending":38,"exported":410,"spooled":54,"spool_pending":54,"queue_cap":16384,"flush_count":9,"last_write_latency_ms":212.4,"dynamic_sample_factor":0.5,"dropped":{}},
"archive":{"offered":1204,"accepted":1024,"pending":1024,"dropped":{"queue_full":180},"queue_cap":1024,"dynamic_sample_factor":1,"flush_count":0}}},
"health":{"state":"failing","connections":{
"page":{"state":"ok","since":"2026-03-04T05:06:07Z"},
"otlp":{"state":"degraded","since":"2026-03-04T05:06:07Z","why":"its queue is nearly full: dynamic sampling keeps only 0.5 of what is configured"},
"archive":{"state":"failing","since":"2026-03-04T05:06:07Z","why":"it is not open yet: open /var/log/trace.jsonl: permission denied"}}}}`)
}

func (inspector) Decisions(span sdktrace.ReadOnlySpan) []exporter.Decision {
	all := []exporter.Decision{
		{Connection: "page", Keep: true, Reason: "rate", Weight: 1},
		{Connection: "otlp", Keep: true, Reason: "rule", Rule: "rules[1] http:*", Weight: 10},
		{Connection: "archive", Reason: "rate", Why: "its randomness is below th:c"},
	}
	if span.Status().Code != 0 {
		all[1] = exporter.Decision{Connection: "otlp", Keep: true, Reason: "error", Weight: 1}
	}
	return all
}
