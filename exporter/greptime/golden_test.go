package greptime_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter"
)

// golden reads rows as GreptimeDB's SQL API prints them. The files are written by hand from
// upstream's published expectations; no flag rewrites them.
func golden(tb testing.TB, name string) [][]any {
	tb.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		tb.Fatal(err)
	}
	var rows [][]any
	decoder := json.NewDecoder(strings.NewReader(string(data)))
	decoder.UseNumber()
	if err := decoder.Decode(&rows); err != nil {
		tb.Fatal(err)
	}
	return rows
}

// print turns stored rows into what the SQL API would print of these columns.
func printRows(tb testing.TB, rows []map[string]any, columns []string) [][]any {
	tb.Helper()
	var out [][]any
	for _, row := range rows {
		var line []any
		for _, c := range columns {
			line = append(line, row[c])
		}
		out = append(out, line)
	}
	data, err := json.Marshal(out)
	if err != nil {
		tb.Fatal(err)
	}
	var printed [][]any
	decoder := json.NewDecoder(strings.NewReader(string(data)))
	decoder.UseNumber()
	if err := decoder.Decode(&printed); err != nil {
		tb.Fatal(err)
	}
	return printed
}

// sortRows orders rows by trace id and span id, the fifth and sixth column: the official
// encoder keeps the order within a scope, but nobody promises one for a table.
func sortRows(rows [][]any) {
	slices.SortFunc(rows, func(a, b []any) int {
		return strings.Compare(text(a[4])+text(a[5]), text(b[4])+text(b[5]))
	})
}

func text(v any) string { s, _ := v.(string); return s }

func TestTracePipelineStoresTheGoldenRows(t *testing.T) {
	t.Parallel()
	for _, compression := range []string{"none", "gzip"} {
		t.Run(compression, func(t *testing.T) {
			t.Parallel()
			c := newContract(t)
			p := newPipeline()
			c.accept = p.accept
			e := open(t, exporter.Settings{Setting: map[string]any{"url": c.url, "table": "mytable", "compression": compression}})
			if _, err := resultOf(t, e, telemetrygen(t)); err != nil {
				t.Fatal(err)
			}
			table := p.tables["mytable"]
			if table == nil {
				t.Fatal("the table mytable doesn't exist")
			}
			wantColumns := []string{
				"timestamp", "timestamp_end", "duration_nano", "parent_span_id", "trace_id", "span_id", "span_kind", "span_name",
				"span_status_code", "span_status_message", "trace_state", "scope_name", "scope_version", "service_name",
				"span_attributes.net.peer.ip", "span_attributes.peer.service", "span_events", "span_links",
			}
			if diff := cmp.Diff(wantColumns, table.columns); diff != "" {
				t.Errorf("columns (-want +got):\n%s", diff)
			}
			want, got := golden(t, "telemetrygen.golden"), printRows(t, table.rows, wantColumns)
			sortRows(want)
			sortRows(got)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
		})
	}
}

// TestTypesOfAttributesArriveUnchanged runs upstream's cases of coercion: they come out as
// published only if integers are sent as integers, floats as floats, and so on.
func TestTypesOfAttributesArriveUnchanged(t *testing.T) {
	t.Parallel()
	type kv = []attribute.KeyValue
	for _, tt := range []struct {
		name    string
		batches [][]kv
		columns []string
		types   []string
		want    [][]any
		results []result
		says    string
	}{
		{
			"existing types win",
			[][]kv{
				{{attribute.Float64("f", 1.5), attribute.Int("i", 10), attribute.Bool("b", true)}},
				{{attribute.Int("f", 2), attribute.String("i", "20"), attribute.String("b", "false")}},
			},
			[]string{"f", "i", "b"},
			[]string{"double", "bigint", "boolean"},
			[][]any{{1.5, int64(10), true}, {2.0, int64(20), false}},
			[]result{{exported: 1}, {exported: 1}},
			"",
		},
		{
			"text stays text",
			[][]kv{
				{{attribute.String("f", "seed"), attribute.String("i", "seed"), attribute.String("b", "seed")}},
				{{attribute.Float64("f", 2.5), attribute.Int("i", 20), attribute.Bool("b", false)}},
			},
			[]string{"i", "f", "b"},
			[]string{"string", "string", "string"},
			[][]any{{"seed", "seed", "seed"}, {"20", "2.5", "false"}},
			[]result{{exported: 1}, {exported: 1}},
			"",
		},
		{
			"one batch is reconciled",
			[][]kv{{
				{attribute.String("i", "10"), attribute.String("f", "1.5"), attribute.String("b", "true")},
				{attribute.Int("i", 20), attribute.Float64("f", 2.5), attribute.Bool("b", false)},
			}},
			[]string{"i", "f", "b"},
			[]string{"bigint", "double", "boolean"},
			[][]any{{int64(10), 1.5, true}, {int64(20), 2.5, false}},
			[]result{{exported: 2}},
			"",
		},
		{
			"a float column takes integers",
			[][]kv{{{attribute.Float64("n", 1.25)}}, {{attribute.Int("n", 2)}, {attribute.Float64("n", 3.5)}}},
			[]string{"n"},
			[]string{"double"},
			[][]any{{1.25}, {2.0}, {3.5}},
			[]result{{exported: 1}, {exported: 2}},
			"",
		},
		{
			"an integer column is widened",
			[][]kv{{{attribute.Int("n", 1)}}, {{attribute.Int("n", 2)}, {attribute.Float64("n", 3.5)}}},
			[]string{"n"},
			[]string{"double"},
			[][]any{{1.0}, {2.0}, {3.5}},
			[]result{{exported: 1}, {exported: 2}},
			"",
		},
		{
			"all rejected",
			[][]kv{{{attribute.Int("num", 1), attribute.Int("parse", 1)}}, {{attribute.Float64("num", 3.5), attribute.String("parse", "not_a_number")}}},
			[]string{"num", "parse"},
			[]string{"bigint", "bigint"},
			[][]any{{int64(1), int64(1)}},
			[]result{{exported: 1}, {failed: 1}},
			"Accepted 0 spans, rejected 1 spans",
		},
		{
			"one rejected",
			[][]kv{{{attribute.Int("attr_int", 10)}}, {{attribute.String("attr_int", "20")}, {attribute.String("attr_int", "not_a_number")}}},
			[]string{"attr_int"},
			[]string{"bigint"},
			[][]any{{int64(10)}, {int64(20)}},
			[]result{{exported: 1}, {exported: 1, failed: 1}},
			"failed to coerce trace column 'span_attributes.attr_int' in table 'trace_type_abort' from String(\"not_a_number\") to Int64",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := newContract(t)
			p := newPipeline()
			c.accept = p.accept
			e := open(t, exporter.Settings{Setting: map[string]any{"url": c.url, "table": "trace_type_abort"}})
			id := 0x10
			for i, batch := range tt.batches {
				var spans []sdktrace.ReadOnlySpan
				for _, attributes := range batch {
					id++
					spans = append(spans, typed(t, string("0123456789abcdef"[id>>4])+string("0123456789abcdef"[id&15]), attributes...))
				}
				got, err := resultOf(t, e, spans)
				if got != tt.results[i] {
					t.Errorf("batch %d came to %+v, want %+v: %v", i, got, tt.results[i], err)
				}
				if got.failed > 0 && !strings.Contains(err.Error(), tt.says) {
					t.Errorf("the error doesn't say %q: %v", tt.says, err)
				}
			}
			table := p.tables["trace_type_abort"]
			if table == nil {
				t.Fatal("the table doesn't exist")
			}
			var columns, types []string
			for _, c := range tt.columns {
				columns = append(columns, "span_attributes."+c)
				types = append(types, table.types["span_attributes."+c])
			}
			if diff := cmp.Diff(tt.types, types); diff != "" {
				t.Errorf("types (-want +got):\n%s", diff)
			}
			var got [][]any
			for _, row := range table.rows {
				var line []any
				for _, c := range columns {
					line = append(line, row[c])
				}
				got = append(got, line)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
		})
	}
}

func TestUnknownDatabaseIsAnError(t *testing.T) {
	t.Parallel()
	c := newContract(t)
	c.accept = newPipeline().accept
	e := open(t, exporter.Settings{Setting: map[string]any{"url": c.url, "database": "nonexistent"}})
	got, err := resultOf(t, e, []sdktrace.ReadOnlySpan{typed(t, "01"), typed(t, "02")})
	for _, want := range []string{"Accepted 0 spans, rejected 2 spans", "Discarded 2 spans after pre-write request failure", "check database"} {
		if got.failed != 2 || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the result is %+v, %v; want 2 failed and %q", got, err, want)
		}
	}
}
