package dynamodb_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsdynamodb "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/exporter/file/readback"
)

// oldSpan is a span as the recorder's users have it, and the two functions below are what the recorder and
// its readers do: one request a span, every number formatted by hand, data as texts beside the rest.
type oldSpan struct {
	SpanID, TraceID, ParentID int64
	Process, Kind, Name       string
	Start, Finish             time.Time
	Data                      map[string]any
}

func oldRecord(tb testing.TB, table string, s oldSpan) {
	tb.Helper()
	number := func(n int64) types.AttributeValue {
		return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
	}
	unix := func(nanos int64) types.AttributeValue {
		return &types.AttributeValueMemberN{Value: fmt.Sprintf("%.6f", float64(nanos)/1e9)}
	}
	text := func(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
	it := map[string]types.AttributeValue{
		"span_id": number(s.SpanID), "trace_id": number(s.TraceID), "parent_id": number(s.ParentID),
		"start": text(s.Start.Format(time.RFC3339Nano)), "start_unix": unix(s.Start.UnixNano()),
		"finish": text(s.Finish.Format(time.RFC3339Nano)), "finish_unix": unix(s.Finish.UnixNano()),
		"elapsed": unix(int64(s.Finish.Sub(s.Start))),
	}
	for name, value := range map[string]string{"process": s.Process, "kind": s.Kind, "name": s.Name} {
		if value != "" {
			it[name] = text(value)
		}
	}
	for name, value := range s.Data {
		it[name] = text(fmt.Sprint(value))
	}
	if _, err := client(tb).PutItem(tb.Context(), &awsdynamodb.PutItemInput{TableName: aws.String(table), Item: it}); err != nil {
		tb.Fatal(err)
	}
}

func oldRead(tb testing.TB, it map[string]types.AttributeValue) oldSpan {
	tb.Helper()
	it = maps.Clone(it)
	take := func(name string) (number, text string) {
		switch v := it[name].(type) {
		case *types.AttributeValueMemberN:
			number = v.Value
		case *types.AttributeValueMemberS:
			text = v.Value
		}
		delete(it, name)
		return number, text
	}
	id := func(name string) int64 {
		number, _ := take(name)
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			tb.Errorf("%s: %v", name, err)
		}
		return n
	}
	at := func(name string) time.Time {
		_, text := take(name)
		t, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			tb.Errorf("%s: %v", name, err)
		}
		number, _ := take(name + "_unix")
		seconds, err := strconv.ParseFloat(number, 64)
		if err != nil || math.Abs(seconds-float64(t.UnixNano())/1e9) > 1e-6 {
			tb.Errorf("%s_unix is %s for %v (%v)", name, number, t, err)
		}
		return t
	}
	s := oldSpan{SpanID: id("span_id"), TraceID: id("trace_id"), ParentID: id("parent_id"), Start: at("start"), Finish: at("finish")}
	_, s.Process = take("process")
	_, s.Kind = take("kind")
	_, s.Name = take("name")
	elapsed, _ := take("elapsed")
	if seconds, err := strconv.ParseFloat(elapsed, 64); err != nil || math.Abs(seconds-s.Finish.Sub(s.Start).Seconds()) > 1e-6 {
		tb.Errorf("elapsed is %s, and the times are %v apart", elapsed, s.Finish.Sub(s.Start))
	}
	for name := range it {
		if s.Data == nil {
			s.Data = map[string]any{}
		}
		_, s.Data[name] = take(name)
	}
	return s
}

// Both write into one table, and each reads what the other has written.
func TestTheRecordersTable(t *testing.T) {
	t.Parallel()
	p := newProxy(t)
	s := settings(p.url, "create", false)
	table := fmt.Sprint(s.Setting["table"])
	makeTable(t, table, types.ScalarAttributeTypeN, "trace_id", "span_id")
	root := oldSpan{
		SpanID: math.MaxInt64, TraceID: 0x123456789abcdef, Process: "/usr/bin/shop:42@host", Kind: "request", Name: "GET /foo",
		Start: begin, Finish: begin.Add(5 * time.Second), Data: map[string]any{"user": "bob", "n": 42, "ratio": 0.5},
	}
	child := oldSpan{SpanID: 7, TraceID: root.TraceID, ParentID: root.SpanID, Kind: "work", Start: begin.Add(time.Nanosecond), Finish: begin.Add(time.Second)}
	oldRecord(t, table, root)
	oldRecord(t, table, child)

	// Ours continues the old trace: its trace id has the old one in its last bits.
	ours := stub(0, 0)
	id := trace.TraceID{0: 0xff, 8: 0x81, 9: 0x23, 10: 0x45, 11: 0x67, 12: 0x89, 13: 0xab, 14: 0xcd, 15: 0xef}
	ours.SpanContext = trace.NewSpanContext(trace.SpanContextConfig{TraceID: id, SpanID: trace.SpanID{0: 0x80, 7: 9}, TraceFlags: trace.FlagsSampled})
	ours.Parent = ours.SpanContext.WithSpanID(trace.SpanID{7: 7})
	ours.Attributes = append(ours.Attributes, attribute.String("name", "taken"), attribute.StringSlice("list", []string{"a", "b"}))
	if err := export(t, s, ours); err != nil {
		t.Fatal(err)
	}

	items := scan(t, table)
	slices.SortFunc(items, func(a, b map[string]types.AttributeValue) int {
		return strings.Compare(b["span_id"].(*types.AttributeValueMemberN).Value, a["span_id"].(*types.AttributeValueMemberN).Value) //nolint:errcheck // it is one, as all keys of the table
	})
	want := []oldSpan{root, child, {
		SpanID: 9, TraceID: root.TraceID, ParentID: 7, Kind: "server", Name: "step 0", Start: ours.StartTime, Finish: ours.EndTime,
		Data: map[string]any{"n": "0", "ratio": "0.25", "vip": "true", "text": "größer 🙂", "name_attribute": "taken", "list": `["a","b"]`},
	}}
	want[0].Data = map[string]any{"user": "bob", "n": "42", "ratio": "0.5"}
	var got []oldSpan
	for _, it := range items {
		got = append(got, oldRead(t, it))
	}
	byID := func(a, b oldSpan) int {
		return int(a.SpanID>>32) - int(b.SpanID>>32) + int(a.SpanID&0xff) - int(b.SpanID&0xff)
	}
	slices.SortFunc(got, byID)
	slices.SortFunc(want, byID)
	for i := range got {
		if want[i].SpanID == 9 {
			if !strings.Contains(got[i].Process, "@") {
				t.Errorf("our process is %q", got[i].Process)
			}
			got[i].Process = ""
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what the old reader finds (-want +got):\n%s", diff)
	}

	spans := read(t, optionsOf(t, s), id)
	short := trace.TraceID{8: 0x01, 9: 0x23, 10: 0x45, 11: 0x67, 12: 0x89, 13: 0xab, 14: 0xcd, 15: 0xef}
	wantSpans := []readback.Span{
		{TraceID: short, ID: trace.SpanID{7: 7}, Parent: trace.SpanID{0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, Kind: "work", Start: child.Start, End: child.Finish},
		{
			TraceID: short, ID: trace.SpanID{7: 9}, Parent: trace.SpanID{7: 7}, Kind: "server", Name: "step 0", Start: ours.StartTime, End: ours.EndTime,
			Attributes: want[1].Data,
		},
		{
			TraceID: short, ID: trace.SpanID{0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, Kind: "request", Name: "GET /foo",
			Start: root.Start, End: root.Finish, Attributes: map[string]any{"user": "bob", "n": "42", "ratio": "0.5"},
		},
	}
	if diff := cmp.Diff(wantSpans, spans); diff != "" {
		t.Errorf("what ours reads (-want +got):\n%s", diff)
	}
}

// shape is the item of a span as JSON.
func shape(tb testing.TB, table string) map[string]any {
	tb.Helper()
	items := scan(tb, table)
	if len(items) != 1 {
		tb.Fatalf("%d items", len(items))
	}
	data, err := json.Marshal(items[0])
	if err != nil {
		tb.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(data, &m); err != nil {
		tb.Fatal(err)
	}
	for name := range m {
		m[name], _ = m[name].(map[string]any)["Value"] //nolint:errcheck // of the SDK's types
	}
	return m
}
