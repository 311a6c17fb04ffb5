package config_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tracehook/tracehook/config"
)

// bare is an environment in which nothing is set.
func bare() config.Option { return config.WithEnviron(nil) }

func environ(variables ...string) config.Option {
	return config.WithEnviron(func() []string { return variables })
}

// data compares what a Config says, and not where it stands.
func data() cmp.Option { return cmpopts.IgnoreUnexported(config.Config{}) }

// The framework's documented configurations load as they are written.
func TestLoad_framework(t *testing.T) {
	t.Parallel()
	standard := config.Default().Connections[0]
	single := standard
	single.JSON = true
	single.Format = "%time% [%status%] %name% trace=%traceId% span=%spanId% cost=%costMs%ms"

	sampling := standard
	sampling.Name, sampling.Driver = "greptime", "greptime"
	sampling.Sample.Rate = 0.2
	sampling.Sample.Rules = []config.Rule{
		{Name: "http:*", Sample: 0.1},
		{Name: "service:*", Sample: 0.3},
		{Name: "service:user.*", Sample: 1, Attrs: map[string][]string{"vip": {"true"}}},
	}

	console := standard
	console.Name, console.JSON = "console", true
	greptime := standard
	greptime.Name, greptime.Driver = "greptime", "greptime"
	greptime.Fields = []config.Field{
		{Source: "trace_id", Target: "tid"},
		{Source: "span_id", Target: "sid"},
		{Source: "parent_span_id", Target: "psid"},
		{Source: "timestamp", Target: "ts"},
	}
	greptime.Setting = map[string]any{
		"host": "127.0.0.1", "port": int64(4001), "database": "public", "table": "traces",
	}

	for file, want := range map[string][]config.Connection{
		"single_en":     {single},
		"single_zh":     {single},
		"sampling_en":   {sampling},
		"sampling_zh":   {sampling},
		"dual_write_en": {console, greptime},
		"dual_write_zh": {console, greptime},
	} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			cfg, err := config.Load("testdata/seeds/"+file+".toml", bare())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, cfg.Connections); diff != "" {
				t.Errorf("connections (-want +got):\n%s", diff)
			}
			if cfg.Implicit {
				t.Error("Implicit = true for a file with [trace]")
			}
		})
	}
}

func TestDefault(t *testing.T) {
	t.Parallel()
	yes := config.Config{
		Connections: []config.Connection{{
			Name: "default", Driver: "default", Buffer: 1024, Batch: 256,
			Timeout: 200 * time.Millisecond, ExportTimeout: 30 * time.Second, BlockTimeout: time.Second,
			Sample: config.Sample{Rate: 1, Error: true, Key: "trace_id", Parent: "respect"},
		}},
		OTel:     config.OTel{Propagators: []string{"tracecontext", "baggage"}},
		Implicit: true,
	}
	if diff := cmp.Diff(yes, config.Default(), data()); diff != "" {
		t.Errorf("Default (-want +got):\n%s", diff)
	}
	empty, err := config.Parse(nil, "toml", bare())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(yes, empty, data()); diff != "" {
		t.Errorf("an empty file (-want +got):\n%s", diff)
	}
}
