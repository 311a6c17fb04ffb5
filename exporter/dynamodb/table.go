package dynamodb

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/tracehook/tracehook/exporter/delivery"
)

const (
	// mostItems is how many items DynamoDB takes in one request.
	mostItems = 25
	// firstPause is between requests of which more than half was left unprocessed, and doubles from one to
	// the next. mostPauses is how many there are in a row before it is package delivery's turn; or Read's
	// caller's.
	firstPause = 20 * time.Millisecond
	mostPauses = 6
)

// table is a table that batches are written into. It is safe for concurrent use.
type table struct {
	Options
	keys

	client      *dynamodb.Client
	credentials aws.CredentialsProvider
	region      string
	idle        func()
	making      chan struct{} // has room for one, whose holder makes the table
}

// row is one item on its way.
type row struct {
	line  []byte
	write types.WriteRequest
}

// Send writes all items of a batch, as long as the table takes some of them.
func (t *table) Send(ctx context.Context, b delivery.Batch) delivery.Verdict {
	rows, err := rowsOf(b.Body)
	if err != nil {
		return delivery.Verdict{Outcome: delivery.Refused, Err: err}
	}
	if v := t.known(ctx); v.Outcome != delivery.Delivered {
		return v
	}
	for pauses := 0; len(rows) > 0; {
		n := t.portion(rows)
		unprocessed, v := t.write(ctx, rows[:n])
		rows = slices.Concat(unprocessed, rows[n:])
		switch {
		case v.Outcome == delivery.Delivered && len(unprocessed) <= n/2:
			pauses = 0
			continue
		case v.Outcome != delivery.Delivered && !throttled(v):
			return left(v, rows, b)
		case len(unprocessed) < n:
			pauses = 0
		}
		pause := firstPause << pauses
		if pauses++; pauses > mostPauses || !outlives(ctx, pause) || !sleep(ctx, pause) {
			if v.Outcome == delivery.Delivered {
				v = delivery.Verdict{Outcome: delivery.Retry, Answered: true, Err: t.say(ctx,
					fmt.Sprintf("%d of %d items are left unprocessed", len(rows), b.Spans), "the capacity of the table is used up")}
			}
			return left(v, rows, b)
		}
	}
	return delivery.Verdict{Answered: true}
}

// throttled reports that the table takes the same items later.
func throttled(v delivery.Verdict) bool {
	return v.Outcome == delivery.Retry && v.Answered && !v.Uncertain
}

// rowsOf reads the lines of a body.
func rowsOf(body []byte) ([]row, error) {
	var rows []row
	for line := range bytes.Lines(body) {
		it, err := readLine(line)
		if err != nil {
			return nil, fmt.Errorf("a batch isn't lines of items: %w", err)
		}
		rows = append(rows, row{line, types.WriteRequest{PutRequest: &types.PutRequest{Item: it.attributes()}}})
	}
	return rows, nil
}

// portion returns how many of the first rows one request may have.
func (t *table) portion(rows []row) int {
	size := 0
	for i := range rows[:min(len(rows), mostItems)] {
		if size += len(rows[i].line); i > 0 && size > t.MaxRequestBytes {
			return i
		}
	}
	return min(len(rows), mostItems)
}

// write makes one request and returns the rows that weren't processed, which are all where the verdict is no
// delivery or the table has just been made.
func (t *table) write(ctx context.Context, rows []row) ([]row, delivery.Verdict) {
	requests := make([]types.WriteRequest, len(rows))
	for i := range rows {
		requests[i] = rows[i].write
	}
	out, err := t.client.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{
		RequestItems: map[string][]types.WriteRequest{t.table(): requests},
	})
	if err != nil {
		return rows, t.verdict(ctx, err)
	}
	var again []row
	missing := make(map[string]bool)
	for _, of := range out.UnprocessedItems {
		for _, w := range of {
			if w.PutRequest != nil {
				missing[t.idOf(w.PutRequest.Item)] = true
			}
		}
	}
	for _, r := range rows {
		if missing[t.idOf(r.write.PutRequest.Item)] {
			again = append(again, r)
		}
	}
	return again, delivery.Verdict{}
}

// left adds to a verdict what of a batch is still to be sent.
func left(v delivery.Verdict, rows []row, b delivery.Batch) delivery.Verdict {
	if len(rows) == b.Spans {
		return v
	}
	rest := delivery.Batch{Spans: len(rows)}
	for _, r := range rows {
		rest.Body = append(rest.Body, r.line...)
	}
	v.Rest = &rest
	return v
}

// Probe deletes an item that can't exist: it needs the rights and the key that writing needs.
func (t *table) Probe(ctx context.Context) delivery.Verdict {
	if v := t.known(ctx); v.Outcome != delivery.Delivered {
		return v
	}
	_, err := t.client.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{
		RequestItems: map[string][]types.WriteRequest{t.table(): {{DeleteRequest: &types.DeleteRequest{Key: t.none()}}}},
	})
	if err != nil {
		return t.verdict(ctx, err)
	}
	return delivery.Verdict{Answered: true}
}

// Close closes idle connections.
func (t *table) Close() error {
	t.idle()
	return nil
}

// outlives reports that ctx lasts longer than d, and sleep that d passed before it was done.
func outlives(ctx context.Context, d time.Duration) bool {
	deadline, ok := ctx.Deadline()
	return !ok || time.Until(deadline) > 2*d
}

func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
