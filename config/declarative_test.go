package config_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tracehook/tracehook/config"
)

// The table of the specification of declarative configuration, in its order, by way of a text key
// and of one that keeps its type.
func TestParse_substitutes(t *testing.T) {
	t.Parallel()
	environment := []string{
		"STRING_VALUE=value", "BOOL_VALUE=true", "INT_VALUE=1", "FLOAT_VALUE=1.1", "HEX_VALUE=0xdeadbeef",
		"INVALID_MAP_VALUE=value\nkey:value", "DO_NOT_REPLACE_ME=Never use this value",
		"REPLACE_ME=${DO_NOT_REPLACE_ME}", "VALUE_WITH_ESCAPE=value$$", "EMPTY=",
	}
	for _, tt := range []struct{ give, want string }{
		{"${STRING_VALUE}", "value"},
		{"${BOOL_VALUE}", "true"},
		{"${INT_VALUE}", "1"},
		{"${FLOAT_VALUE}", "1.1"},
		{"${HEX_VALUE}", "3735928559"}, // a number without quotes
		{`"${STRING_VALUE}"`, "value"},
		{`"${HEX_VALUE}"`, "0xdeadbeef"},
		{"${env:STRING_VALUE}", "value"},
		{"${INVALID_MAP_VALUE}", "value\nkey:value"},
		{"foo ${STRING_VALUE} ${FLOAT_VALUE}", "foo value 1.1"},
		{"${UNDEFINED_KEY:-fallback}", "fallback"},
		{"${EMPTY:-fallback}", "fallback"},
		{"${UNDEFINED_KEY:-}x", "x"},
		{"x${UNDEFINED_KEY}", "x"},
		{"${REPLACE_ME}", "${DO_NOT_REPLACE_ME}"},
		{"${UNDEFINED_KEY:-${STRING_VALUE}}", "${STRING_VALUE}"},
		{"${VALUE_WITH_ESCAPE}", "value$$"},
		{"a $$ b", "a $ b"},
		{"a $ b", "a $ b"},
		{"$${STRING_VALUE}", "${STRING_VALUE}"},
		{"$$${STRING_VALUE}", "$value"},
		{"$$$${STRING_VALUE}", "$${STRING_VALUE}"},
		{"$${STRING_VALUE:-fallback}", "${STRING_VALUE:-fallback}"},
		{"$${STRING_VALUE:-${STRING_VALUE}}", "${STRING_VALUE:-value}"},
		{"${UNDEFINED_KEY:-$${UNDEFINED_KEY}}", "${UNDEFINED_KEY:-${UNDEFINED_KEY}}"},
	} {
		file := "file_format: '1.0'\nresource:\n  attributes:\n    - name: k\n      value: " + tt.give +
			"\ntracer_provider:\n  processors: [{simple: {exporter: {console: }}}]\n"
		cfg, err := config.Parse([]byte(file), "yaml", environ(environment...))
		if err != nil {
			t.Errorf("%s: %v", tt.give, err)
			continue
		}
		if got := cfg.OTel.Resource["k"]; got != tt.want {
			t.Errorf("%s became %q, want %q", tt.give, got, tt.want)
		}
	}
}

// A processor with its exporter is a connection, and the sampler is the policy of each.
func TestParse_declarative(t *testing.T) {
	t.Parallel()
	const file = `
file_format: "1.0"
resource:
  attributes: [ { name: service.name, value: shop }, { name: team, value: a } ]
  attributes_list: "team=b,zone=eu"
  detection/development: { detectors: [ { host: }, { process: } ] }
propagator: { composite: [ { tracecontext: }, { b3: } ], composite_list: "b3,baggage" }
attribute_limits: { attribute_count_limit: 64, attribute_value_length_limit: 1000 }
tracer_provider:
  limits: { attribute_count_limit: 32, event_count_limit: 10 }
  processors:
    - batch:
        schedule_delay: 1000
        max_queue_size: 4096
        exporter:
          otlp_grpc:
            endpoint: https://collector:4317
            headers: [ { name: api-key, value: "${TOKEN}" } ]
            headers_list: "team=a%2Cb"
            compression: gzip
            timeout: 2000
            max_request_size: 1048576
            tls: { ca_file: /ca.pem, insecure: true }
    - batch: { exporter: { otlp_http: { encoding: json } } }
    - batch: { exporter: { otlp_file/development: { output_stream: file:///var/log/t.jsonl } } }
    - simple: { exporter: { console: } }
  sampler:
    composite/development:
      parent_threshold:
        root:
          rule_based:
            rules:
              - attribute_values: { key: http.route, values: [/healthz] }
                sampler: { always_off: }
              - attribute_patterns: { key: http.path, included: ["/internal/*"] }
                span_kinds: [server, client]
                sampler: { probability: { ratio: 0.1 } }
              - sampler: { probability: { ratio: 0.5 } }
`
	cfg, err := config.Parse([]byte(file), "yaml", environ("TOKEN=t", "OTEL_SERVICE_NAME=other"))
	if err != nil {
		t.Fatal(err)
	}
	standard := config.Default().Connections[0]
	standard.Sample = config.Sample{
		Rate: 0.5, Key: "trace_id", Parent: "respect",
		Rules: []config.Rule{
			{Attrs: map[string][]string{"http.route": {"/healthz"}}},
			{Kind: "server", Attrs: map[string][]string{"http.path": {"/internal/*"}}, Sample: 0.1},
			{Kind: "client", Attrs: map[string][]string{"http.path": {"/internal/*"}}, Sample: 0.1},
		},
	}
	batched := standard
	batched.Buffer, batched.Batch, batched.Timeout, batched.ExportTimeout = 2048, 512, 5*time.Second, 30*time.Second
	grpc, http, file1, console := batched, batched, batched, standard
	grpc.Name, grpc.Driver, grpc.Buffer, grpc.Timeout = "otlp_grpc", "otlp", 4096, time.Second
	grpc.Setting = map[string]any{
		"protocol": "grpc", "endpoint": "https://collector:4317", "compression": "gzip", "timeout": "2000ms", "ca": "/ca.pem",
		"max_request_bytes": "1048576B",
		"headers":           map[string]any{"api-key": "t", "team": "a,b"},
	}
	http.Name, http.Driver = "otlp_http", "otlp"
	http.Setting = map[string]any{"protocol": "http/json", "url": "http://localhost:4318/v1/traces", "timeout": "10000ms"}
	file1.Name, file1.Driver = "otlp_file", "file"
	file1.Setting = map[string]any{"encoding": "otlp", "path": "/var/log/t.jsonl"}
	console.Name, console.Driver, console.Sync = "console", "console", true
	if diff := cmp.Diff([]config.Connection{grpc, http, file1, console}, cfg.Connections); diff != "" {
		t.Errorf("connections (-want +got):\n%s", diff)
	}
	want := config.OTel{
		Service: "shop", Resource: map[string]string{"team": "a", "zone": "eu"},
		Propagators:         []string{"tracecontext", "b3", "baggage"},
		Detectors:           []string{"host", "os", "process"},
		AttributeCountLimit: 32, AttributeValueLengthLimit: 1000, EventCountLimit: 10,
	}
	if diff := cmp.Diff(want, cfg.OTel); diff != "" {
		t.Errorf("OTel (-want +got):\n%s", diff)
	}
	place := cfg.Place(cfg.KeyPath("otlp_grpc", "setting.ca"))
	if place.Line != 23 || cfg.KeyPath("otlp_grpc", "setting.ca") != "tracer_provider.processors[0].batch.exporter.otlp_grpc.tls.ca_file" {
		t.Errorf("the certificate stands at %v, %s", place, cfg.KeyPath("otlp_grpc", "setting.ca"))
	}
}

// A file without a tracer provider keeps nothing, and one that is disabled neither.
func TestParse_declarativeWithoutTraces(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"file_format: '1.0'\n", "file_format: '1.0'\ndisabled: true\n"} {
		cfg, err := config.Parse([]byte(file), "yaml", bare())
		if err != nil || len(cfg.Connections) > 0 {
			t.Errorf("%q gave %v, %v", file, cfg, err)
		}
	}
}

// OTEL_CONFIG_FILE names the file where nothing else does.
func TestLoad_configFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "otel.yaml")
	must(t, os.WriteFile(path, []byte("file_format: '1.0'\ntracer_provider: {processors: [{simple: {exporter: {console: }}}]}\n"), 0o600))
	cfg, err := config.Load("", environ("OTEL_CONFIG_FILE="+path))
	if err != nil || len(cfg.Connections) != 1 || cfg.Connections[0].Name != "console" {
		t.Errorf("Load gave %v, %v", cfg, err)
	}
	cfg, err = config.Load("", environ("OTEL_TRACES_EXPORTER=none"))
	if err != nil || len(cfg.Connections) != 1 || cfg.Connections[0].Driver != "none" {
		t.Errorf("Load without any file gave %v, %v", cfg, err)
	}
	if _, err = config.Load("", environ("OTEL_CONFIG_FILE="+path+".none")); err == nil {
		t.Error("a file that isn't there is no error")
	}
}
