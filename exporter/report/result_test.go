package report_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/tracehook/tracehook/exporter/report"
)

var errFull = errors.New("disk full")

// counted is a result of somebody who doesn't import the package.
type counted [3]int

func (counted) Error() string { return "counted" }

func (c counted) SpanResult() (exported, failed, spooled int) { return c[0], c[1], c[2] }

func TestResultText(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		give report.Result
		want string
	}{
		{report.Result{Exported: 2, Failed: 1, Spooled: 4, Err: errFull}, "1 span not delivered, 4 spans spooled, 2 spans delivered: disk full"},
		{report.Result{Failed: 7, Err: errFull}, "7 spans not delivered: disk full"},
		{report.Result{Err: errFull}, "disk full"},
	} {
		err := error(&tt.give)
		if err.Error() != tt.want {
			t.Errorf("text %q, want %q", err, tt.want)
		}
		if !errors.Is(err, errFull) {
			t.Errorf("%q hides its reason", err)
		}
	}
}

func TestRead(t *testing.T) {
	t.Parallel()
	whole := &report.Result{Exported: 5, Failed: 2, Spooled: 3, Resent: 4, Err: errFull}
	for _, tt := range []struct {
		name string
		give error
		want report.Result
	}{
		{"no error", nil, report.Result{Exported: 10}},
		{"an error without counts", errFull, report.Result{Failed: 10}},
		{"a result", whole, report.Result{Exported: 5, Failed: 2, Spooled: 3, Resent: 4}},
		{"a wrapped result", fmt.Errorf("flush: %w", whole), report.Result{Exported: 5, Failed: 2, Spooled: 3, Resent: 4}},
		{"a result among others", errors.Join(errFull, whole), report.Result{Exported: 5, Failed: 2, Spooled: 3, Resent: 4}},
		{"counts of others", fmt.Errorf("flush: %w", counted{1, 2, 7}), report.Result{Exported: 1, Failed: 2, Spooled: 7}},
		{"too few", counted{1, 1, 1}, report.Result{Exported: 1, Failed: 8, Spooled: 1}},
		{"too many", counted{10, 3, 4}, report.Result{Exported: 3, Failed: 3, Spooled: 4}},
		{"far too many failed", counted{10, 30, 4}, report.Result{Failed: 10}},
		{"negative", counted{-1, -1, -1}, report.Result{Failed: 10}},
		{"more resent than there are", &report.Result{Exported: 10, Resent: 11}, report.Result{Exported: 10, Resent: 10}},
	} {
		got := report.Read(tt.give, 10)
		if got.Err != tt.give { //nolint:errorlint // it must be the same, not one that wraps it
			t.Errorf("%s: the error is %v, want %v", tt.name, got.Err, tt.give)
		}
		got.Err = nil
		if got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

func ExampleResult() {
	err := fmt.Errorf("export: %w", &report.Result{
		Exported: 250, Failed: 6, Err: errors.New("value too long"),
	})
	if result, ok := errors.AsType[*report.Result](err); ok {
		fmt.Println(result.Failed, "of", result.Exported+result.Failed)
	}
	// Output: 6 of 256
}
