package otelbridge_test

import (
	"strings"
	"testing"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/exporter/none"
	"github.com/tracehook/tracehook/otelbridge"
	"github.com/tracehook/tracehook/otelbridge/bridge"
)

// The drivers of a program aren't among the built-in ones, also if they replace one.
func TestUnknownDriverListsOwnDriversApart(t *testing.T) {
	t.Parallel()
	cfg, err := config.Parse([]byte("[trace]\ndriver = 'sqlit'\n"), "toml", config.WithEnviron(func() []string { return nil }))
	if err != nil {
		t.Fatal(err)
	}
	own := []otelbridge.Option{
		otelbridge.WithDriverSpec("sqlite", none.Driver()), otelbridge.WithDriverSpec("file", none.Driver()),
	}
	for _, test := range []struct {
		err  error
		want string
	}{
		{
			otelbridge.Check(cfg, own...),
			`unknown driver "sqlit", did you mean "sqlite"? (known: console, default, greptime, memory, none, otlp, ` +
				`otlptracehttp, page, stdout, yaml; added by this program: file, sqlite; others are given with otelbridge.WithDriver)`,
		},
		{
			bridge.Check(cfg, own...),
			`unknown driver "sqlit", did you mean "sqlite"? (added by this program: file, sqlite; others are given with otelbridge.WithDriver)`,
		},
		{bridge.Check(cfg), `unknown driver "sqlit" (known: none; others are given with otelbridge.WithDriver)`},
	} {
		if got := test.err.Error(); !strings.HasSuffix(got, test.want) {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
	}
}
