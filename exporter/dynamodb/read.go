package dynamodb

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"log/slog"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/exporter/delivery"
	"github.com/tracehook/tracehook/exporter/file/readback"
)

// Read iterates over the spans of one trace in the table of o, in the order of their ids, whoever has
// written them. Of a trace id, the recorder's table knows the last 63 bits. A request that failed for now is
// sent again, up to six times, after 20 to 640 ms. The iteration ends with an error of the table; one of type
// [*readback.RecordError] is about a single item, and the iteration goes on.
func Read(ctx context.Context, o Options, id trace.TraceID) iter.Seq2[readback.Span, error] {
	return func(yield func(readback.Span, error) bool) {
		if o.Logger == nil {
			o.Logger = slog.New(slog.DiscardHandler)
		}
		o.Create = false
		k := newKeys(&o)
		opened, err := openTable(ctx, o, k)
		if err != nil {
			yield(readback.Span{}, err)
			return
		}
		t, ok := opened.(*table)
		if !ok {
			yield(readback.Span{}, errors.New("no table"))
			return
		}
		defer func() { _ = t.Close() }() // idle connections
		pages := dynamodb.NewQueryPaginator(t.client, &dynamodb.QueryInput{
			TableName: aws.String(t.table()), ConsistentRead: aws.Bool(true),
			KeyConditionExpression:    aws.String("#hash = :id"),
			ExpressionAttributeNames:  map[string]string{"#hash": k.hash},
			ExpressionAttributeValues: map[string]types.AttributeValue{":id": k.ofTrace(id).attribute()},
		})
		for pages.HasMorePages() {
			page, err := t.next(ctx, pages)
			if err != nil {
				yield(readback.Span{}, fmt.Errorf("reading trace %s: %w", id, err))
				return
			}
			for span, err := range t.spans(page.Items) {
				if !yield(span, err) {
					return
				}
			}
		}
	}
}

// next returns the next page.
func (t *table) next(ctx context.Context, pages *dynamodb.QueryPaginator) (*dynamodb.QueryOutput, error) {
	for pauses := 0; ; pauses++ {
		page, err := pages.NextPage(ctx)
		if err == nil {
			return page, nil
		}
		v := t.verdict(ctx, err)
		if v.Outcome != delivery.Retry || pauses == mostPauses || !sleep(ctx, firstPause<<pauses) {
			return nil, v.Err
		}
	}
}

// spans reads items as package readback reads the lines that they would be in a file.
func (t *table) spans(items []map[string]types.AttributeValue) iter.Seq2[readback.Span, error] {
	return func(yield func(readback.Span, error) bool) {
		var b bytes.Buffer
		for _, it := range items {
			data, err := json.Marshal(t.plain(it))
			if err != nil { // numbers that aren't
				if !yield(readback.Span{}, &readback.RecordError{Path: t.place(), Err: err}) {
					return
				}
				continue
			}
			b.Write(data)
			b.WriteByte('\n')
		}
		for r, err := range readback.ReadFrom(&b, t.place(), readback.WithKind("json"), readback.WithFieldNames(t.Span.Fields)) {
			if t.numbers && len(t.Span.Fields) == 0 { // the recorder has attributes beside the rest
				process := r.Span.Other["process"]
				delete(r.Span.Other, "process")
				r.Span.Attributes, r.Span.Other = r.Span.Other, nil
				if process != nil {
					r.Span.Other = map[string]any{"process": process}
				}
				if len(r.Span.Attributes) == 0 {
					r.Span.Attributes = nil
				}
			}
			if !yield(r.Span, err) {
				return
			}
		}
	}
}

// plain is an item as the line of a file has it.
func (t *table) plain(it map[string]types.AttributeValue) map[string]any {
	m := make(map[string]any, len(it))
	for name, v := range it {
		m[name] = plainOf(v)
	}
	delete(m, t.ttlAttribute())
	if t.numbers { // they say again what start and finish say
		for _, name := range []string{"start_unix", "finish_unix", "elapsed"} {
			delete(m, name)
		}
	}
	return m
}

func plainOf(v types.AttributeValue) any {
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return v.Value
	case *types.AttributeValueMemberN:
		return json.Number(v.Value)
	case *types.AttributeValueMemberBOOL:
		return v.Value
	case *types.AttributeValueMemberB:
		return v.Value
	case *types.AttributeValueMemberL:
		list := make([]any, len(v.Value))
		for i := range v.Value {
			list[i] = plainOf(v.Value[i])
		}
		return list
	case *types.AttributeValueMemberM:
		m := make(map[string]any, len(v.Value))
		for name, inner := range v.Value {
			m[name] = plainOf(inner)
		}
		return m
	default: // null, and sets, which nobody writes here
		return nil
	}
}
