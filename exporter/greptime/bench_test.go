package greptime_test

import (
	"testing"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"google.golang.org/protobuf/proto"

	"github.com/tracehook/tracehook/exporter/greptime"
	"github.com/tracehook/tracehook/exporter/greptime/internal/wire"
	"github.com/tracehook/tracehook/test/otlptest"
)

const benchBatch = 256

func encoder(tb testing.TB, url string) func(spans []sdktrace.ReadOnlySpan) ([]byte, error) {
	tb.Helper()
	encode, err := greptime.Encoder(greptime.Options{URL: url})
	if err != nil {
		tb.Fatal(err)
	}
	return encode
}

// BenchmarkEncode encodes batches of 256 spans: for the trace pipeline, as rows, and as rows
// made of messages, which is what generated code would do at least.
func BenchmarkEncode(b *testing.B) {
	spans := otlptest.Spans(1, benchBatch)
	for _, bb := range []struct{ name, url string }{{"otlp", "http://127.0.0.1:4000"}, {"rows", "grpc://127.0.0.1:4001"}} {
		b.Run(bb.name, func(b *testing.B) {
			encode := encoder(b, bb.url)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := encode(spans); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchBatch, "ns/span")
		})
	}
	b.Run("rows as messages", func(b *testing.B) {
		body, err := encoder(b, "grpc://127.0.0.1:4001")(spans)
		if err != nil {
			b.Fatal(err)
		}
		var request wire.GreptimeRequest
		if err := proto.Unmarshal(body, &request); err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		for b.Loop() {
			if _, err := proto.Marshal(remade(&request)); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchBatch, "ns/span")
	})
}

// remade makes the messages of the rows anew.
func remade(r *wire.GreptimeRequest) *wire.GreptimeRequest {
	from := r.GetRowInserts().GetInserts()[0]
	rows := &wire.Rows{Schema: from.GetRows().GetSchema()}
	for _, row := range from.GetRows().GetRows() {
		made := &wire.Row{}
		for _, v := range row.GetValues() {
			value := &wire.Value{}
			switch v := v.GetValueData().(type) {
			case *wire.Value_StringValue:
				value.ValueData = &wire.Value_StringValue{StringValue: v.StringValue}
			case *wire.Value_U64Value:
				value.ValueData = &wire.Value_U64Value{U64Value: v.U64Value}
			case *wire.Value_TimestampNanosecondValue:
				value.ValueData = &wire.Value_TimestampNanosecondValue{TimestampNanosecondValue: v.TimestampNanosecondValue}
			}
			made.Values = append(made.Values, value)
		}
		rows.Rows = append(rows.Rows, made)
	}
	return &wire.GreptimeRequest{Request: &wire.GreptimeRequest_RowInserts{RowInserts: &wire.RowInsertRequests{
		Inserts: []*wire.RowInsertRequest{{TableName: from.GetTableName(), Rows: rows}},
	}}}
}

// TestRowsCostNoAllocationForEachSpan compares batches: what a batch costs is its body.
func TestRowsCostNoAllocationForEachSpan(t *testing.T) { // not parallel: it counts allocations
	encode := encoder(t, "grpc://127.0.0.1:4001")
	allocations := func(n int) float64 {
		spans := otlptest.Spans(1, n)
		return testing.AllocsPerRun(100, func() {
			if _, err := encode(spans); err != nil {
				t.Error(err)
			}
		})
	}
	// The race detector lets pools forget now and then, which costs a few for each batch.
	if few, many := allocations(10), allocations(200); many-few > 190/10 {
		t.Errorf("10 spans cost %v allocations and 200 cost %v, want none for each more", few, many)
	}
}

// FuzzRows lets texts of any kind through: what comes out is a request that GreptimeDB
// takes, with all of its values in their columns.
func FuzzRows(f *testing.F) {
	f.Add("name", "key", "value", int64(1), 0.5)
	f.Add("\xff\x00", "\"", "\\u0000\n", int64(-1), -1e300)
	f.Fuzz(func(t *testing.T, name, key, value string, n int64, x float64) {
		db := newDatabase(t)
		encode := encoder(t, "grpc://127.0.0.1:4001")
		body, err := encode([]sdktrace.ReadOnlySpan{named{typed(t, "01",
			attribute.String(key, value), attribute.Int64("n", n), attribute.Float64("x", x)), name}})
		if err != nil {
			t.Fatal(err)
		}
		var request wire.GreptimeRequest
		if err := proto.Unmarshal(body, &request); err != nil {
			t.Fatal(err)
		}
		if rows, err := db.insert(request.ProtoReflect()); rows != 1 || err != nil {
			t.Errorf("%d rows, %v", rows, err)
		}
	})
}

// named is a span with another name.
type named struct {
	sdktrace.ReadOnlySpan

	name string
}

func (n named) Name() string { return n.name }
