package spool_test

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tracehook/tracehook/exporter/delivery"
	"github.com/tracehook/tracehook/exporter/spool"
	"github.com/tracehook/tracehook/test/locked"
)

// While batches go to disk without an attempt, whoever reads the log and the errors must still
// see what the network said.
func TestAnOutageIsNotSilent(t *testing.T) {
	t.Parallel()
	for name, mode := range map[string]spool.Mode{"overflow": spool.Overflow, "always": spool.Always} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out locked.Buffer
			d := &destination{answer: down}
			logger := slog.New(slog.NewTextHandler(&out, nil))
			s, err := spool.Open(t.Context(), delivery.NewSender(d, delivery.Options{Once: true, Logger: logger}),
				spool.Options{Dir: filepath.Join(t.TempDir(), "spool"), Connection: "test", Mode: mode, Backoff: fast, Logger: logger})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.Close(context.Background()) })
			_ = s.Deliver(t.Context(), batch(0))
			eventually(t, "it is found down", func() bool { return d.attempts() > 3 })
			err = s.Deliver(t.Context(), batch(1))
			if _, _, spooled := result(t, err); spooled != 10 || !errors.Is(err, errAway) || !strings.Contains(err.Error(), "the destination is down since ") {
				t.Errorf("%d spooled, %v", spooled, err)
			}
			d.set(up)
			eventually(t, "replayed", func() bool { return pending(s) == 0 })
			text := out.String()
			if strings.Count(text, "\n") != 2 || !strings.Contains(text, `level=WARN msg="the destination is down"`) ||
				!strings.Contains(text, `error="connection refused"`) || !strings.Contains(text, `level=INFO msg="the destination answers again"`) {
				t.Errorf("want one WARN with the error and one INFO, got\n%s", text)
			}
		})
	}
}
