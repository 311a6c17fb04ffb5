package report_test

import (
	"context"
	"errors"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter/report"
)

type plain struct{}

func (plain) ExportSpans(context.Context, []sdktrace.ReadOnlySpan) error { return nil }
func (plain) Shutdown(context.Context) error                             { return nil }

// spooling has all methods of a Spooler.
type spooling struct {
	plain

	spooled int
}

var _ report.Spooler = (*spooling)(nil)

func (s *spooling) SpoolSpans(_ context.Context, spans []sdktrace.ReadOnlySpan) error {
	s.spooled += len(spans)
	return nil
}

func (*spooling) SpoolCounts() (pending, replayed, dead, expired int64) { return 1, 2, 3, 4 }
func (*spooling) SpoolInherited() int64                                 { return 5 }
func (*spooling) Resent() int64                                         { return 6 }

// resending counts what it has sent twice, and has no spool.
type resending struct{ plain }

func (resending) Resent() int64 { return 60 }

// counting has a spool of which it tells the counts only, and wrong ones.
type counting struct{ plain }

func (counting) SpoolCounts() (pending, replayed, dead, expired int64) { return -1, 2, -3, -4 }

// embedding embeds the interface, which has the two methods of an exporter only.
type embedding struct{ sdktrace.SpanExporter }

// wrapping says what it wraps.
type wrapping struct{ sdktrace.SpanExporter }

func (w wrapping) Unwrap() sdktrace.SpanExporter { return w.SpanExporter }

// refusing wraps an exporter and spools for itself.
type refusing struct{ wrapping }

var errRefused = errors.New("refused")

func (refusing) SpoolSpans(context.Context, []sdktrace.ReadOnlySpan) error { return errRefused }

// endless wraps itself.
type endless struct{ plain }

func (e endless) Unwrap() sdktrace.SpanExporter { return e }

func TestSpoolOf(t *testing.T) {
	t.Parallel()
	all := report.Counts{Pending: 1, Replayed: 2, Dead: 3, Expired: 4, Inherited: 5, Resent: 6}
	for _, tt := range []struct {
		name               string
		give               sdktrace.SpanExporter
		canSpool, canCount bool
		want               report.Counts
	}{
		{"no exporter", nil, false, false, report.Counts{}},
		{"an exporter without a spool", plain{}, false, false, report.Counts{}},
		{"one with a spool", &spooling{}, true, true, all},
		{"one that resends", resending{}, false, true, report.Counts{Resent: 60}},
		{"one that counts wrongly", counting{}, false, true, report.Counts{Replayed: 2}},
		{"embedded as an interface", embedding{&spooling{}}, false, false, report.Counts{}},
		{"embedded as itself", struct{ *spooling }{&spooling{}}, true, true, all},
		{"wrapped", wrapping{&spooling{}}, true, true, all},
		{"wrapped twice", wrapping{wrapping{&spooling{}}}, true, true, all},
		{"wrapped, with a method of its own", refusing{wrapping{&spooling{}}}, true, true, all},
		{"wrapping nothing", wrapping{}, false, false, report.Counts{}},
		{"wrapping itself", endless{}, false, false, report.Counts{}},
	} {
		s := report.SpoolOf(tt.give)
		if s.CanSpool() != tt.canSpool || s.CanCount() != tt.canCount {
			t.Errorf("%s: CanSpool is %t, CanCount %t; want %t, %t", tt.name, s.CanSpool(), s.CanCount(), tt.canSpool, tt.canCount)
		}
		if got := s.Counts(); got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

func TestSpoolSpansGoToTheOutermost(t *testing.T) {
	t.Parallel()
	inner := &spooling{}
	spans := make([]sdktrace.ReadOnlySpan, 3)
	if err := report.SpoolOf(wrapping{inner}).SpoolSpans(t.Context(), spans); err != nil || inner.spooled != 3 {
		t.Errorf("%v, and %d spans are spooled, want 3", err, inner.spooled)
	}
	if err := report.SpoolOf(refusing{wrapping{inner}}).SpoolSpans(t.Context(), spans); !errors.Is(err, errRefused) || inner.spooled != 3 {
		t.Errorf("%v, and %d spans went around the wrapper", err, inner.spooled-3)
	}
}

func TestCountsPlus(t *testing.T) {
	t.Parallel()
	n := report.Counts{Inherited: 1, Pending: 2, Replayed: 3, Dead: 4, Expired: 5, Resent: 6}
	want := report.Counts{Inherited: 2, Pending: 4, Replayed: 6, Dead: 8, Expired: 10, Resent: 12}
	if got := n.Plus(n); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}
