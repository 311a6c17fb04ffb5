package miniframework_test

import (
	"context"
	"log/slog"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook"
	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/memory"
	"github.com/tracehook/tracehook/otelbridge"
	"github.com/tracehook/tracehook/test/miniframework"
)

// Code that was moved asserts the types that the framework's own Stats has, in both generations.
func TestStatsHasTheTypesThatMovedCodeAsserts(t *testing.T) {
	t.Parallel()
	movedStats(t, "older", miniframework.OlderGeneration)
	movedStats(t, "newer", miniframework.NewerGeneration)
}

//nolint:errcheck // moved code asserts so
func movedStats[S any](t *testing.T, generation string, g miniframework.Generation[S]) {
	t.Helper()
	m := otelbridge.NewModule[*miniframework.Meta[S], S](otelbridge.WithLogger(slog.New(slog.DiscardHandler)))
	m.Config(miniframework.Map{"trace": miniframework.Map{"driver": "none"}})
	run(g, m)
	s := m.Stats()
	sum := int64(s["queue_len"].(int) + s["queue_cap"].(int) + s["connection_count"].(int))
	for _, key := range []string{
		"queued_count", "sync_fallback_count", "flush_count", "flush_span_count", "write_error_count", "last_flush_latency_ms", "dropped_count",
	} {
		sum += s[key].(int64)
	}
	for _, one := range s["connections"].(map[string]any) {
		c := one.(map[string]any)
		sum += int64(c["queue_len"].(int) + c["queue_cap"].(int))
		for _, key := range []string{
			"queued_count", "flush_count", "flush_span_count", "write_error_count", "last_write_latency_ms", "dropped_count",
		} {
			sum += c[key].(int64)
		}
	}
	if s["started"].(bool) || s["dynamic_sample_factor"].(float64) != 1 || sum == 0 || s["flush_span_count"].(int64) != 48 {
		t.Errorf("%s: the numbers are %v", generation, s)
	}
}

// What the framework's own module allocates for spans with four attributes in a ready map, one alone and
// five deep, begun by the framework's Meta: version 0.29.0.
const ownAlone, ownNested = 15, 80

// Ours allocates no more, on the framework's Meta and on our own.
func TestAllocationsAreNoMoreThanTheFrameworks(t *testing.T) {
	kept := otelbridge.WithDriver("kept", func(context.Context, exporter.Settings) (sdktrace.SpanExporter, error) { return memory.New(), nil })
	attrs := tracehook.Map{"service": "user", "kind": "service", "entry": "login", "module": "http"}
	m := otelbridge.NewModule[*miniframework.Meta[miniframework.Newer], miniframework.Newer](kept, otelbridge.WithLogger(slog.New(slog.DiscardHandler)))
	m.Config(miniframework.Map{"trace": miniframework.Map{"driver": "kept", "sample": 0}}) // all is recorded, nothing is exported meanwhile
	m.Open()
	defer m.Close()
	f := miniframework.New(miniframework.NewerGeneration)
	f.Mount(m)
	theirs, ours := f.NewMeta(), tracehook.NewMeta()
	hook := m.Bridge().Hook()
	var nestTheirs, nestOurs func(depth int)
	nestTheirs = func(depth int) {
		span := theirs.Begin("service:user.login", attrs)
		if depth > 1 {
			nestTheirs(depth - 1)
		}
		span.End()
	}
	nestOurs = func(depth int) {
		span := hook.Begin(ours, "service:user.login", attrs)
		if depth > 1 {
			nestOurs(depth - 1)
		}
		span.End()
	}
	for name, nest := range map[string]func(int){"the framework's Meta": nestTheirs, "our own": nestOurs} {
		for depth, most := range map[int]float64{1: ownAlone, 5: ownNested} {
			nest(depth)
			n := testing.AllocsPerRun(200, func() { nest(depth) })
			t.Logf("%s, %d deep: %v allocations", name, depth, n)
			if n > most {
				t.Errorf("%s, %d deep: %v allocations, the framework's own module has %v", name, depth, n, most)
			}
		}
	}
}
