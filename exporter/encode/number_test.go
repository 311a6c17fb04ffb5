package encode_test

import (
	"encoding/hex"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/encode"
)

// Ids and times are written over those of the span before: they must be right whatever that
// was, and a root between others has no parent.
func TestNumbersAreExact(t *testing.T) {
	t.Parallel()
	e, err := encode.NewJSON(exporter.Settings{Fields: []exporter.FieldMapping{
		{Source: "trace_id", Target: "t"},
		{Source: "parent_id", Target: "p"},
		{Source: "start", Target: "s"},
		{Source: "span_id", Target: "i"},
		{Source: "start_ms", Target: "ms"},
		{Source: "end", Target: "e"},
		{Source: "duration", Target: "d"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2)) // a fixed seed, so that the test repeats
	nanos := []int64{1, -1, 999, 1e9, 1e12 - 1, 1e12, 1e13 - 1, 1e13, 1e18 - 1, 1e18, 1e18 + 1, 1e18 + 1e9 - 1, math.MaxInt64, math.MinInt64}
	for range 10_000 {
		n := random.Int64()
		nanos = append(nanos, n>>random.IntN(64), -(n >> random.IntN(64)), 1772600767e9+n%1e10)
	}
	for _, n := range nanos {
		var id trace.TraceID
		var ids [2]trace.SpanID
		for i := range id {
			id[i] = byte(random.Uint32())
			ids[i/8][i%8] = byte(random.Uint32())
		}
		parent := hex.EncodeToString(ids[1][:])
		if random.IntN(3) == 0 {
			ids[1], parent = trace.SpanID{}, ""
		}
		start := time.Unix(0, n)
		end := time.Unix(0, nanos[random.IntN(len(nanos))])
		took := max(end.Sub(start), 0)
		span := tracetest.SpanStub{
			SpanContext: trace.NewSpanContext(trace.SpanContextConfig{TraceID: id, SpanID: ids[0]}),
			Parent:      trace.NewSpanContext(trace.SpanContextConfig{TraceID: id, SpanID: ids[1]}),
			StartTime:   start, EndTime: end,
		}.Snapshot()
		want := fmt.Sprintf(`{"t":"%s","p":"%s","s":%d,"i":"%s","ms":%d,"e":%d,"d":%d}`+"\n", hex.EncodeToString(id[:]), parent,
			n, hex.EncodeToString(ids[0][:]), start.UnixMilli(), end.UnixNano(), took)
		if got := string(e.Append(nil, []sdktrace.ReadOnlySpan{span})); got != want {
			t.Fatalf("got %swant %s", got, want)
		}
	}
}

// Floats of few decimals are written without strconv, but as it writes them: the shortest
// text that reads back, whatever sign, size and number of digits they have.
func TestFloatsAreShortest(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4)) // a fixed seed, so that the test repeats
	floats := []float64{0, math.Copysign(0, -1), 1e-6, 1.5e-6, 9.5e-7, 1e9, 999999999.999999, 1e9 - 1e-6, 1<<53 + 2, 0.1 + 0.2, 1.0 / 3}
	for range 20_000 {
		digits := random.Int64N(1e16) >> random.IntN(54)
		f := float64(digits) / math.Pow10(random.IntN(9))
		floats = append(floats, f, -f, math.Nextafter(f, 0), math.Nextafter(f, math.Inf(1)), math.Float64frombits(random.Uint64()&^(1<<62)))
	}
	for _, f := range floats {
		format := byte('f')
		if a := math.Abs(f); a != 0 && (a < 1e-6 || a >= 1e21) {
			format = 'e'
		}
		want := strconv.FormatFloat(f, format, -1, 64)
		if got := string(encode.AppendAttribute(nil, attribute.Float64Value(f))); got != want {
			t.Fatalf("%s is written %s", want, got)
		}
	}
}

// Small integers are written without strconv too.
func TestIntegers(t *testing.T) {
	t.Parallel()
	check := func(n int64) {
		t.Helper()
		if got, want := string(encode.AppendAttribute(nil, attribute.Int64Value(n))), strconv.FormatInt(n, 10); got != want {
			t.Fatalf("%s is written %s", want, got)
		}
	}
	for n := int64(-20_000); n <= 20_000; n++ {
		check(n)
	}
	check(math.MaxInt64)
	check(math.MinInt64)
}
