package config_test

import (
	"encoding/json"
	"net/url"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tracehook/tracehook/config"
)

// everything is what the files in testdata/same say: every key is set, none to its default.
func everything() config.Config {
	no, yes := false, true
	root := config.Default().Connections[0]
	root.JSON, root.Flag, root.Format, root.Sample.Rate = true, "canary", "%time% %name%", 0.25
	return config.Config{
		Identity: config.Identity{Project: "shop", Profile: "prod", Role: "api", Node: "7"},
		OTel: config.OTel{
			Service: "shop-api", Propagators: []string{"tracecontext", "b3"},
			Weights: "never", MaxWeight: 1000, ParentWithoutTh: "unknown", Edge: "restart",
			EdgeBaggage: []string{"tenant"}, BaggageAttributes: []string{"tenant", "region"}, Detectors: []string{"host", "k8s"},
			InjectHosts: map[string][]string{"*.legacy.example": {"headers", "b3"}, "api.example.com": {"none"}},
			Resource: map[string]string{
				"service.version": "1.2", "deployment.environment.name": "prod", "shard": "3",
			},
			AttributeCountLimit: 64, AttributeValueLengthLimit: -1, EventCountLimit: 10,
			Traces:         config.Traces{Wait: 10 * time.Second, MaxTraceSpans: 1000, MaxSpans: 20000, MaxBytes: 16 << 20, Memory: 5000},
			LinkCountLimit: 11, AttributePerEventCountLimit: 12, AttributePerLinkCountLimit: 13,
			ShutdownTimeout: 7 * time.Second, RequireTLS: true,
			Redact:  false,
			Extract: []string{"tracecontext", "headers"},
			Inject:  []string{"request-id"},
			Headers: struct{ TraceID, SpanID string }{"X-T", "X-S"},
			RequestID: struct {
				Header string
				Honor  bool
			}{"X-R", true},
		},
		Connections: []config.Connection{
			root,
			{
				Name: "file", Driver: "file", Buffer: 2048, Batch: 512, BufferBytes: 16 << 20, Sync: true,
				Timeout: 500 * time.Millisecond, ExportTimeout: 10 * time.Second, BlockTimeout: 2 * time.Second,
				Overflow: "spool", Explain: true, SplitServices: true, RequireTLS: true, Weights: "always",
				Fields: []config.Field{{Source: "trace_id", Target: "trace_id"}, {Source: "name", Target: "name"}},
				Sample: config.Sample{Rate: 1, Error: true, Key: "trace_id", Parent: "respect", Scope: "trace"},
				Setting: map[string]any{
					"path": "store/trace.log", "maxsize": "100MB", "gzip": true, "level": 1.5, "whole": int64(5),
					"list": []any{int64(1), "a", map[string]any{"b": false}},
				},
				Spool:  map[string]any{"dir": "store/spool"},
				Retry:  map[string]any{"max": int64(3)},
				Redact: map[string]any{"mask": []any{"*password*"}},
			},
			{
				Name: "greptime", Driver: "greptime", Buffer: 1024, Batch: 256,
				Timeout: 200 * time.Millisecond, ExportTimeout: 30 * time.Second, BlockTimeout: time.Second,
				Fields: []config.Field{
					{Source: "trace_id", Target: "tid"},
					{Source: "name", Target: "n"},
					{Source: "kind", Target: "k"},
				},
				Sample: config.Sample{
					Rate: 0.2, Slow: time.Second, Limit: 500, Key: "span_id", Parent: "ignore",
					Propagate: &no, Dynamic: &yes,
					Rules: []config.Rule{
						{Name: "http:*", Kind: "http", Service: "shop", Sample: 0.1},
						{Sample: 1, Attrs: map[string][]string{
							"vip": {"true"}, "tier": {"a", "2", "2.5"}, "http.method": {"GET"},
						}},
					},
				},
			},
		},
	}
}

func TestLoad_threeFormats(t *testing.T) {
	t.Parallel()
	want := everything()
	for _, format := range []string{"toml", "yaml", "json"} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			cfg, err := config.Load("testdata/same/all."+format, bare())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, cfg, data()); diff != "" {
				t.Errorf("Config (-want +got):\n%s", diff)
			}
			if cfg.Hash() != want.Hash() {
				t.Errorf("Hash = %s, want %s", cfg.Hash(), want.Hash())
			}
		})
	}
}

// What a framework hands over has its decoder's types: here encoding/json's, where every
// number is a float64. A map has no order, so that of fields is the alphabet's.
func TestFromMap(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile("testdata/same/all.json")
	if err != nil {
		t.Fatal(err)
	}
	var m, before map[string]any
	must(t, json.Unmarshal(content, &m))
	must(t, json.Unmarshal(content, &before))
	cfg, err := config.FromMap(m, bare())
	if err != nil {
		t.Fatal(err)
	}
	want := everything()
	fields := want.Connections[2].Fields
	want.Connections[2].Fields = []config.Field{fields[2], fields[1], fields[0]}
	if diff := cmp.Diff(want, cfg, data()); diff != "" {
		t.Errorf("Config (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(before, m); diff != "" {
		t.Errorf("FromMap changed the map (-before +after):\n%s", diff)
	}
}

// A framework's own types are taken for what they hold.
func TestFromMap_types(t *testing.T) {
	t.Parallel()
	type word string
	type table map[string]any
	cfg, err := config.FromMap(map[string]any{
		"trace": table{
			"driver": word("file"), "buffer": uint16(8), "timeout": 3 * time.Second,
			"sample":  map[any]any{"rules": []map[string]any{{"sample": float32(0.5)}}},
			"fields":  []string{"name"},
			"setting": map[string]string{"path": "x"},
			"retry": map[string]any{
				"port": json.Number("4001"), "f": json.Number("0.5"), "on": time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
				"flags": [2]bool{true, false},
			},
			"spool": map[any]any{1: 2},
		},
	}, bare())
	if err != nil {
		t.Fatal(err)
	}
	want := config.Default().Connections[0]
	want.Driver, want.Buffer, want.Batch, want.Timeout = "file", 8, 2, 3*time.Second
	want.Sample.Rules = []config.Rule{{Sample: 0.5}}
	want.Fields = []config.Field{{Source: "name", Target: "name"}}
	want.Setting = map[string]any{"path": "x"}
	want.Retry = map[string]any{
		"port": int64(4001), "f": 0.5, "on": "2026-01-02T03:04:05Z", "flags": []any{true, false},
	}
	want.Spool = map[string]any{"1": int64(2)}
	if diff := cmp.Diff([]config.Connection{want}, cfg.Connections); diff != "" {
		t.Errorf("connections (-want +got):\n%s", diff)
	}
}

func TestFromMap_refuses(t *testing.T) {
	t.Parallel()
	loop := map[string]any{}
	loop["a"], loop["b"], loop["c"] = loop, loop, loop
	for name, tt := range map[string]struct {
		give any
		want string
	}{
		"a map that holds itself": {map[string]any{"setting": loop}, "nested more than 32 levels deep"},
		"a wide map":              {map[string]any{"setting": wide()}, "and no configuration has as many"},
		"a deep map":              {deep(100), "trace.a.a"},
		"a channel":               {map[string]any{"flag": make(chan int)}, "trace.flag: is a Go chan int, which no configuration holds"},
		"a pointer":               {map[string]any{"flag": new(int)}, "trace.flag: is a Go *int, which no configuration holds"},
		"a nil that has a String": {map[string]any{"flag": (*url.URL)(nil)}, "trace.flag: is a Go *url.URL, which no configuration holds"},
		"a large number":          {map[string]any{"buffer": uint64(1 << 63)}, "trace.buffer: is too large a number"},
		"bytes that are no text":  {map[string]any{"flag": "\xff"}, "trace.flag: is not UTF-8"},
		"a list":                  {[]string{"console"}, "trace: must be a table, not a list"},
		"an infinite number":      {map[string]any{"sample": json.Number("1e999")}, "trace.sample: is too large a number"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := config.FromMap(map[string]any{"trace": tt.give}, bare())
			contains(t, err, tt.want)
		})
	}
}

func deep(levels int) map[string]any {
	m := map[string]any{}
	for range levels {
		m = map[string]any{"a": m}
	}
	return m
}

func wide() map[string]any {
	leaf := make([]int, 1000)
	return map[string]any{"a": slices.Repeat([]any{leaf}, 1000)}
}
