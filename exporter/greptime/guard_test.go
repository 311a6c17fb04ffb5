package greptime_test

import (
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/greptime"
	"github.com/tracehook/tracehook/exporter/spool"
)

// between returns a span with these times.
func between(tb testing.TB, id string, start, end time.Time) sdktrace.ReadOnlySpan {
	tb.Helper()
	stub := tracetest.SpanStubFromReadOnlySpan(typed(tb, id))
	stub.StartTime, stub.EndTime = start, end
	return stub.Snapshot()
}

// TestOddTimesAreNotStored goes through both ways to send: an end before the start would be a
// duration of 584 years, and a start that doesn't fit another century.
func TestOddTimesAreNotStored(t *testing.T) {
	t.Parallel()
	start := time.Unix(0, 1736480942444376000)
	last := time.Unix(0, math.MaxInt64)
	spans := []sdktrace.ReadOnlySpan{
		between(t, "01", start, start.Add(time.Second)),
		between(t, "02", start, start.Add(-time.Second)),
		between(t, "03", start, time.Time{}),
		between(t, "04", start, last.Add(time.Hour)),
		between(t, "05", last, last),
		between(t, "06", time.Time{}, start),
		between(t, "07", time.Unix(0, 0), start),
		between(t, "08", time.Unix(-1, 0), start),
		between(t, "09", last.Add(1), last.Add(2)),
		nil,
	}
	check := func(t *testing.T, rows []map[string]any, shortest int64, got result, err error) {
		t.Helper()
		begin := start.UnixNano()
		want := map[string][2]int64{
			"01": {begin, begin + 1e9}, "02": {begin, begin + shortest}, "03": {begin, begin + shortest},
			"04": {begin, math.MaxInt64}, "05": {math.MaxInt64, math.MaxInt64},
		}
		if (got != result{exported: 5, failed: 4}) || err == nil || !strings.Contains(err.Error(), "4 of 9 spans have no start time") {
			t.Errorf("the result is %+v, %v; want 5 exported and 4 failed", got, err)
		}
		have := map[string][2]int64{}
		for _, row := range rows {
			begin, _ := row["timestamp"].(int64)
			end, _ := row["timestamp_end"].(int64)
			have[text(row["span_id"])[14:]] = [2]int64{begin, end}
			if d, _ := row["duration_nano"].(uint64); d != uint64(end-begin) {
				t.Errorf("the duration is %d", d)
			}
		}
		if diff := cmp.Diff(want, have); diff != "" {
			t.Errorf("times (-want +got):\n%s", diff)
		}
	}
	t.Run("http", func(t *testing.T) {
		t.Parallel()
		c, p := newContract(t), newPipeline()
		c.accept = p.accept
		got, err := resultOf(t, open(t, exporter.Settings{Setting: map[string]any{"url": c.url}}), spans)
		check(t, p.tables["traces"].rows, 1, got, err) // OTLP has no span without length
	})
	t.Run("rows", func(t *testing.T) {
		t.Parallel()
		db := newDatabase(t)
		got, err := resultOf(t, open(t, exporter.Settings{Setting: map[string]any{"url": "grpc://" + db.address}}), spans)
		db.check(t)
		check(t, db.rows, 0, got, err)
	})
}

func TestOddTimesAreAddedToOtherFailures(t *testing.T) {
	t.Parallel()
	c := newContract(t)
	spans := []sdktrace.ReadOnlySpan{typed(t, "01"), typed(t, "02"), between(t, "03", time.Time{}, time.Time{})}
	e := open(t, exporter.Settings{Setting: map[string]any{"url": c.url}})
	for _, tt := range []struct {
		name string
		say  answer
		want result
	}{
		{"refused", jsonError(403, `{"error":"User is not authorized to perform this action"}`), result{failed: 3}},
		{"partly taken", partial(t, 1, "one is odd"), result{exported: 1, failed: 2}},
	} {
		c.accept = always(tt.say)
		if got, err := resultOf(t, e, spans); got != tt.want || err == nil {
			t.Errorf("%s: the result is %+v, %v; want %+v", tt.name, got, err, tt.want)
		}
	}
	before := c.count()
	if got, err := resultOf(t, e, spans[2:]); (got != result{failed: 1}) || err == nil || c.count() != before {
		t.Errorf("nothing to send: the result is %+v, %v, after %d requests", got, err, c.count()-before)
	}
}

// TestSpoolSpansTakesAllOrNone keeps the accounts exact: who calls it counts whole batches.
func TestSpoolSpansTakesAllOrNone(t *testing.T) {
	t.Parallel()
	c := newContract(t)
	c.accept = always(jsonError(503, `{"error":"Region is busy"}`))
	made, err := greptime.Driver().New(t.Context(), exporter.Settings{
		Connection: "g", Setting: map[string]any{"url": c.url}, Spool: map[string]any{"dir": filepath.Join(t.TempDir(), "spool")},
	})
	if err != nil {
		t.Fatal(err)
	}
	e, ok := made.(*spool.Exporter)
	if !ok {
		t.Fatalf("the driver made a %T", made)
	}
	odd := []sdktrace.ReadOnlySpan{typed(t, "01"), between(t, "02", time.Time{}, time.Time{})}
	if err := e.SpoolSpans(t.Context(), odd); err == nil || !strings.Contains(err.Error(), "1 of 2 spans") {
		t.Errorf("SpoolSpans says %v", err)
	}
	if pending, _, _, _ := e.SpoolCounts(); pending != 0 {
		t.Errorf("%d spans are in the spool, want none", pending)
	}
	if err := e.SpoolSpans(t.Context(), odd[:1]); err != nil {
		t.Error(err)
	}
	if pending, _, _, _ := e.SpoolCounts(); pending != 1 {
		t.Errorf("%d spans are in the spool, want 1", pending)
	}
	if err := e.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if err := e.SpoolSpans(t.Context(), odd[:1]); err == nil {
		t.Error("SpoolSpans after Shutdown must not claim to have kept anything")
	}
}
