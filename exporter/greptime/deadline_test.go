package greptime_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// What exceeded its deadline may have been stored: it is repeated once, other failures more often.
func TestDeadlinesAreRepeatedOnce(t *testing.T) {
	t.Parallel()
	for code, want := range map[codes.Code]func(int64) bool{
		codes.DeadlineExceeded: func(n int64) bool { return n == 2 },
		codes.Unavailable:      func(n int64) bool { return n > 5 },
	} {
		t.Run(code.String(), func(t *testing.T) {
			t.Parallel()
			db := newDatabase(t)
			var calls atomic.Int64
			db.fail = func(_ context.Context, kind string) error {
				if kind == "sql" {
					return nil
				}
				if calls.Add(1) > 5 {
					return status.Error(codes.InvalidArgument, "too slow") // nobody repeats that
				}
				return status.Error(code, "too slow")
			}
			s := rowSettings(t, db, nil)
			s.Retry = map[string]any{"initial": "1ms", "max": "2ms", "budget": "1m"}
			e := open(t, s)
			got, err := resultOf(t, e, telemetrygen(t))
			if got.failed != 4 || err == nil || !strings.Contains(err.Error(), "too slow") {
				t.Errorf("the result is %+v, %v", got, err)
			}
			if n := calls.Load(); !want(n) {
				t.Errorf("%d attempts", n)
			}
		})
	}
}
