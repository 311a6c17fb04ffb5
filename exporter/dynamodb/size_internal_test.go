package dynamodb

import (
	"context"
	"io"
	"maps"
	"math"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/tracehook/tracehook/exporter/delivery"
)

// An item that is too large is cut where it is longest, to what fits, and says of just the texts that were
// cut that they were.
func TestFitCutsTheLongestAndSaysSo(t *testing.T) {
	t.Parallel()
	long := func(n int) value { return text(strings.Repeat("x", n)) }
	const same = 100_000
	it := item{"id": long(1000), "a": long(same), "b": long(same), "longest": long(same + 200_000)}
	it["id"] = long(1000 + maxItem + 200_000 - it.size()) // so that the longest is cut to the length of the others
	id := len(*it["id"].S)
	if !it.fit("id") {
		t.Fatal("it fits, which shows nothing")
	}
	if n := it.size(); n > maxItem+1000 {
		t.Errorf("%d bytes are left", n)
	}
	for name, want := range map[string]int{"a": same, "b": same, "longest": same, "id": id} {
		if n := len(*it[name].S); n != want {
			t.Errorf("%s has %d bytes, want %d", name, n, want)
		}
	}
	if said := *it[cutName].S; said != "longest (300000 bytes)" {
		t.Errorf("it says that %q were cut", said)
	}
	level := item{"a": long(200_000), "b": long(205_000), "c": long(100_000)}
	level.fit()
	if a, b := len(*level["a"].S), len(*level["b"].S); a != b || a >= 200_000 || len(*level["c"].S) != 100_000 {
		t.Errorf("cut to %d and %d bytes, want the same", a, b)
	}
}

// A key is never 0, which the recorder's readers take for none.
func TestRecorderIDs(t *testing.T) {
	t.Parallel()
	for id, want := range map[[8]byte]int64{
		{}: -7, {7: 1}: 1, {0: 0x80}: 1, {0: 0x80, 7: 5}: 5, {0: 0xff, 1: 0xff, 2: 0xff, 3: 0xff, 4: 0xff, 5: 0xff, 6: 0xff, 7: 0xff}: math.MaxInt64,
	} {
		if got := recorderID(id, -7); got != want {
			t.Errorf("%x is %d, want %d", id, got, want)
		}
	}
}

// What a server answers without DynamoDB's words tells whether the items may be there.
func TestAnswersWithoutWords(t *testing.T) {
	t.Parallel()
	whole := map[int]delivery.Verdict{
		200: {Outcome: delivery.Barred}, 404: {Outcome: delivery.Barred}, 413: {Outcome: delivery.TooLarge},
		429: {Outcome: delivery.Retry}, 503: {Outcome: delivery.Retry},
		500: {Outcome: delivery.Retry, Uncertain: true}, 502: {Outcome: delivery.Retry, Uncertain: true}, 504: {Outcome: delivery.Retry, Uncertain: true},
	}
	cut := maps.Clone(whole) // a status that says enough says it without an end, too
	cut[200], cut[404] = delivery.Verdict{Outcome: delivery.Retry, Uncertain: true}, delivery.Verdict{Outcome: delivery.Retry, Uncertain: true}
	for cause, all := range map[error]map[int]delivery.Verdict{
		http.ErrNotSupported: whole, io.ErrUnexpectedEOF: cut, context.DeadlineExceeded: cut, context.Canceled: cut,
		&net.OpError{Op: "read", Err: net.ErrClosed}: cut,
	} {
		for status, want := range all {
			answer := &smithyhttp.ResponseError{Response: &smithyhttp.Response{Response: &http.Response{StatusCode: status}}, Err: cause}
			got := (&table{credentials: aws.AnonymousCredentials{}}).verdict(t.Context(), answer)
			if got.Outcome != want.Outcome || got.Uncertain != want.Uncertain || !got.Answered || got.Err == nil {
				t.Errorf("%d and %v: %+v, want %+v", status, cause, got, want)
			}
		}
	}
}
