package bridge_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/otelbridge/bridge"
)

// A driver of somebody else reads its table as ours do. Its problems have their place and hide
// what came from the environment, whether they name a key or not.
func TestDriversOfOthersHaveTheSameReader(t *testing.T) {
	t.Parallel()
	var wait time.Duration
	check := func(s exporter.Settings) error {
		t := s.Table("setting")
		wait = t.Duration(time.Second, 1, "wait")
		if user := t.String("", "user"); user != "" {
			t.Problem("user", "%q is not a user", user[:5])
		}
		return errors.Join(t.Err(), s.Problem("format", "%q is no format", s.Format), errors.New("nothing works"))
	}
	driver := exporter.Driver{
		Check: check,
		New:   func(_ context.Context, s exporter.Settings) (sdktrace.SpanExporter, error) { return nil, check(s) },
	}
	cfg, err := config.Parse([]byte("[trace.a]\ndriver = 'theirs'\nformat = '${F}'\n[trace.a.setting]\nwait = '1d'\nuser = '${USER}'\nhots = 1\n"), "toml",
		config.WithFile("x.toml"), config.WithEnviron(func() []string { return []string{"USER=hunter22", "F=hunter2 of all"} }))
	if err != nil {
		t.Fatal(err)
	}
	want := `x.toml:1:8: trace.a: nothing works
x.toml:3:1: trace.a.format: the value of $F is no format
x.toml:6:1: trace.a.setting.user: the value of $USER is not a user
x.toml:7:1: trace.a.setting.hots: unknown key; known are wait, user`
	err = bridge.Check(cfg, bridge.WithDriverSpec("theirs", driver))
	if err == nil {
		t.Fatal("accepted")
	}
	if diff := cmp.Diff(want, err.Error()); diff != "" || wait != 24*time.Hour {
		t.Errorf("wait %v, problems (-want +got):\n%s", wait, diff)
	}
}
