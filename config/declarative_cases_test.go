package config_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/tracehook/tracehook/config"
)

// A declarativeCase is a file of OpenTelemetry's declarative configuration and what becomes of it.
type declarativeCase struct {
	name, body string
	want       string   // driver, rate and parent of each connection
	notes      []string // what is told and has no effect on spans, by key and text
	refused    []string // why it is refused
}

// onlySpans is a provider for files about something else.
const onlySpans = "tracer_provider: {processors: [{simple: {exporter: {console: }}}]}\n"

// sampled is a provider with a sampler.
func sampled(sampler string) string {
	return "tracer_provider:\n  processors: [{batch: {exporter: {otlp_http: }}}]\n  sampler: " + sampler + "\n"
}

// exported is a provider with an exporter.
func exported(exporter string) string {
	return "tracer_provider: {processors: [{batch: {exporter: " + exporter + "}}]}\n"
}

// ruled is a composite sampler with rules.
func ruled(rules string) string {
	return sampled("{composite/development: {rule_based: {rules: [" + rules + "]}}}")
}

// aboutOthers are the kinds of configuration that say nothing of spans.
func aboutOthers() (cases []declarativeCase) {
	const metric = "meter_provider: "
	for name, body := range map[string]string{
		"limits of cardinality":         metric + "{readers: [{periodic: {cardinality_limits: {default: 100, histogram: 50}, exporter: {console: }}}]}",
		"metrics on a console":          metric + "{readers: [{periodic: {exporter: {console: {temporality_preference: delta}}}}]}",
		"metrics over gRPC":             metric + "{readers: [{periodic: {exporter: {otlp_grpc: {endpoint: 'http://m:4317'}}}}]}",
		"metrics over HTTP":             metric + "{readers: [{periodic: {interval: 1000, exporter: {otlp_http: {encoding: json}}}}]}",
		"exponential histograms":        metric + "{readers: [{periodic: {exporter: {otlp_http: {default_histogram_aggregation: base2_exponential_bucket_histogram}}}}]}",
		"metrics in a file":             metric + "{readers: [{periodic: {exporter: {otlp_file/development: {output_stream: 'file:///m.jsonl'}}}}]}",
		"metrics on standard output":    metric + "{readers: [{periodic: {exporter: {otlp_file/development: {output_stream: stdout}}}}]}",
		"a page for Prometheus":         metric + "{readers: [{pull: {exporter: {prometheus/development: {host: localhost, port: 9464}}}}]}",
		"choice of meters":              metric + "{meter_configurator/development: {default_config: {enabled: true}, meters: []}}",
		"a view of a metric":            metric + "{views: [{selector: {instrument_name: a}, stream: {name: b, attribute_keys: {excluded: [k]}}}]}",
		"buckets of a histogram":        metric + "{views: [{selector: {instrument_type: histogram}, stream: {aggregation: {explicit_bucket_histogram: {boundaries: [1, 2]}}}}]}",
		"logs on a console":             "logger_provider: {processors: [{simple: {exporter: {console: }}}]}",
		"logs over gRPC":                "logger_provider: {processors: [{batch: {exporter: {otlp_grpc: {compression: gzip}}}}]}",
		"logs over HTTP":                "logger_provider: {processors: [{batch: {exporter: {otlp_http: {headers_list: 'a=b'}}}}]}",
		"logs in a file":                "logger_provider: {processors: [{batch: {exporter: {otlp_file/development: {output_stream: 'file:///l.jsonl'}}}}]}",
		"logs on standard output":       "logger_provider: {processors: [{batch: {exporter: {otlp_file/development: {output_stream: stdout}}}}]}",
		"choice of loggers":             "logger_provider: {logger_configurator/development: {default_config: {enabled: false}}}",
		"limits of log records":         "logger_provider: {limits: {attribute_count_limit: 8}}",
		"conventions of libraries":      "instrumentation/development: {general: {http: {semconv: {version: 1, experimental: false, dual_emit: true}}}}",
		"instrumentation by language":   "instrumentation/development: {go: {net: {a: b}}, java: {agent: {c: 1}}, js: {x: }}",
		"a level for the SDK's own log": "log_level: debug",
		"a distribution":                "distribution: {vendor: {a: b}}",
	} {
		key, _, _ := strings.Cut(body, ":")
		cases = append(cases,
			declarativeCase{name: name, body: body + "\n" + onlySpans, want: "console 1 respect", notes: []string{key + ": is not read"}},
			declarativeCase{name: name + " alone", body: body + "\n", notes: []string{key + ": is not read", "file_format: there is no tracer_provider"}})
	}
	return cases
}

func declarativeCases() []declarativeCase {
	const thinner = "root: decides below a sampled remote parent, too"
	return append(aboutOthers(), []declarativeCase{
		// Exporters.
		{name: "spans on a console", body: onlySpans, want: "console 1 respect"},
		{name: "spans in a file", body: exported("{otlp_file/development: {output_stream: 'file:///t.jsonl'}}"), want: "file 1 respect"},
		{name: "spans on standard output", body: exported("{otlp_file/development: {output_stream: stdout}}"), want: "file 1 respect"},
		{name: "a file by a bare path", body: exported("{otlp_file/development: {output_stream: t.jsonl}}"), refused: []string{"neither stdout nor file:///PATH"}},
		{
			name: "everything of OTLP over gRPC", want: "otlp 1 respect", notes: []string{"max_response_size: is not read"},
			body: exported("{otlp_grpc: {endpoint: 'https://c:4317', tls: {ca_file: /ca, key_file: /k, cert_file: /c, insecure: false}, headers: [{name: k, value: v}], headers_list: 'a=b', compression: gzip, timeout: 100, max_request_size: 1048576, max_response_size: 65536}}"),
		},
		{
			name: "everything of OTLP over HTTP", want: "otlp 1 respect", notes: []string{"max_response_size: is not read"},
			body: exported("{otlp_http: {endpoint: 'https://c:4318/v1/traces', tls: {ca_file: /ca, key_file: /k, cert_file: /c}, headers: [{name: k, value: v}], headers_list: 'a=b', compression: gzip, timeout: 100, max_request_size: 1048576, max_response_size: 65536, encoding: protobuf}}"),
		},
		{name: "a request without a bound", body: exported("{otlp_http: {max_request_size: 0}}"), want: "otlp 1 respect", notes: []string{"max_request_size: 0, no limit, becomes 1 GiB"}},
		{name: "a request of less than nothing", body: exported("{otlp_http: {max_request_size: -1}}"), refused: []string{"max_request_size: -1 is too small"}},
		{name: "an unknown exporter", body: exported("{zipkin: {endpoint: 'http://z'}}"), refused: []string{"there is no such exporter here"}},
		{name: "two exporters in one processor", body: exported("{console: , otlp_http: }"), refused: []string{"must have one key, not 2"}},
		{name: "a processor without exporter", body: "tracer_provider: {processors: [{batch: }]}\n", refused: []string{"exporter: is missing"}},
		{name: "a provider without processors", body: "tracer_provider: {sampler: {always_on: }}\n", refused: []string{"processors: is missing"}},
		{name: "a processor of one's own", body: "tracer_provider: {processors: [{mine: {}}]}\n", refused: []string{"a processor of one's own"}},

		// Samplers.
		{name: "everything", body: sampled("{always_on: }"), want: "otlp 1 ignore"},
		{name: "nothing", body: sampled("{always_off: }"), want: "otlp 0 ignore"},
		{name: "a ratio", body: sampled("{trace_id_ratio_based: {ratio: 0.25}}"), want: "otlp 0.25 ignore"},
		{name: "a probability", body: sampled("{probability/development: {ratio: 0.25}}"), want: "otlp 0.25 ignore"},
		{name: "a ratio beyond 1", body: sampled("{trace_id_ratio_based: {ratio: 1.5}}"), refused: []string{"1.5 is outside 0..1"}},
		{name: "a parent's decision, else everything", body: sampled("{parent_based: {root: {always_on: }}}"), want: "otlp 1 respect"},
		{name: "a parent's decision, else a ratio", body: sampled("{parent_based: {root: {trace_id_ratio_based: {ratio: 0.01}}}}"), want: "otlp 0.01 respect", notes: []string{thinner}},
		{
			name: "every case of a parent as it usually is", want: "otlp 1 respect",
			body: sampled("{parent_based: {root: {always_on: }, remote_parent_sampled: {always_on: }, remote_parent_not_sampled: {always_off: }, local_parent_sampled: {always_on: }, local_parent_not_sampled: {always_off: }}}"),
		},
		{name: "an unsampled parent that doesn't count", body: sampled("{parent_based: {root: {always_on: }, remote_parent_not_sampled: {always_on: }}}"), refused: []string{"a parent's decision is respected"}},
		{name: "recording what is dropped", body: sampled("{always_record: {root: {parent_based: {root: {trace_id_ratio_based: {ratio: 0.01}}}}}}"), want: "otlp 0.01 respect", notes: []string{"always_record: is not needed", thinner}},
		{name: "recording without a sampler", body: sampled("{always_record: }"), refused: []string{"always_record.root: is missing"}},
		{name: "a remote sampler", body: sampled("{jaeger_remote/development: {endpoint: 'http://j', initial_sampler: {always_off: }}}"), refused: []string{"this sampler has no counterpart here"}},
		{name: "two samplers", body: sampled("{always_on: , always_off: }"), refused: []string{"must have one key, not 2"}},

		// Rules.
		{
			name: "dropping what is noise, else a parent's decision", want: "otlp 1 respect",
			body: ruled("{span_kinds: [client], attribute_values: {key: db.operation.name, values: [PING]}, sampler: {always_off: }}, {sampler: {parent_threshold: {root: {always_on: }}}}"),
		},
		{
			name: "rules with shares below a threshold", want: "otlp 0.5 respect", notes: []string{thinner},
			body: sampled("{composite/development: {parent_threshold: {root: {rule_based: {rules: [{span_kinds: [server], sampler: {probability: {ratio: 0.1}}}, {sampler: {probability: {ratio: 0.5}}}]}}}}}"),
		},
		{
			name: "rules of which some respect a parent", refused: []string{"either all of them respect a parent"},
			body: ruled("{span_kinds: [client], sampler: {probability: {ratio: 0.5}}}, {sampler: {parent_threshold: {root: {always_on: }}}}"),
		},
		{name: "patterns", body: ruled("{attribute_patterns: {key: url.path, included: ['/a*']}, sampler: {always_on: }}"), want: "otlp 0 ignore"},
		{name: "patterns that exclude", body: ruled("{attribute_patterns: {key: url.path, excluded: ['/a*']}, sampler: {always_on: }}"), refused: []string{"a rule says what matches, not what doesn't"}},
		{name: "rules by the parent", body: ruled("{parent: [remote], sampler: {always_on: }}"), refused: []string{"rules don't look at the parent"}},
		{name: "rules within a rule", body: ruled("{span_kinds: [client], sampler: {rule_based: {rules: [{span_kinds: [client], sampler: {always_on: }}]}}}"), refused: []string{"not a sampler that asks further"}},

		// Propagators, resource and limits.
		{name: "propagators", body: "propagator: {composite: [{tracecontext: }, {baggage: }, {b3: }, {b3multi: }], composite_list: 'jaeger'}\n" + onlySpans, want: "console 1 respect"},
		{
			name: "a resource of every type", want: "console 1 respect", notes: []string{"attributes[3].value: becomes one text with commas"},
			body: "resource: {attributes: [{name: a, value: b, type: string}, {name: c, value: true, type: bool}, {name: d, value: 1.5, type: double}, {name: e, value: [1, 2], type: int_array}], attributes_list: 'f=g', schema_url: 'https://s/1'}\n" + onlySpans,
		},
		{
			name: "detectors", want: "console 1 respect", notes: []string{"attributes: is not applied: a detector gives all"},
			body: "resource: {detection/development: {attributes: {included: ['process.*']}, detectors: [{container: }, {host: }, {process: }, {service: }]}}\n" + onlySpans,
		},
		{name: "a detector that is a text", body: "resource: {detection/development: {detectors: [host]}}\n" + onlySpans, refused: []string{"must be a table with the name of a detector"}},
		{
			name: "limits", want: "console 1 respect", notes: []string{"attribute_limits.attribute_value_depth_limit: is not applied", "limits.attribute_value_depth_limit: is not applied"},
			body: "attribute_limits: {attribute_value_length_limit: 100, attribute_count_limit: 20, attribute_value_depth_limit: 4}\ntracer_provider: {processors: [{simple: {exporter: {console: }}}], limits: {attribute_count_limit: 10, event_count_limit: 5, link_count_limit: 5, event_attribute_count_limit: 3, link_attribute_count_limit: 3, attribute_value_depth_limit: 4}}\n",
		},
		{name: "choice of tracers", body: "tracer_provider: {processors: [{simple: {exporter: {console: }}}], tracer_configurator/development: {default_config: {enabled: true}}}\n", want: "console 1 respect", notes: []string{"all tracers are on"}},
		{name: "ids of one's own", body: "tracer_provider: {processors: [{simple: {exporter: {console: }}}], id_generator: {random: }}\n", want: "console 1 respect", notes: []string{"give one with otelbridge.WithTracerProviderOptions"}},
		{name: "anchors", body: "x: &exporter {otlp_http: {endpoint: 'http://a:4318/v1/traces'}}\n" + exported("*exporter"), refused: []string{"x: unknown key"}},
		{name: "an anchor where it is used", body: "tracer_provider: {processors: [{batch: &b {exporter: {console: }}}, {batch: *b}]}\n", want: "console 1 respect, console 1 respect"},

		// What a validator has to find.
		{name: "a hexadecimal number of a variable", body: "attribute_limits:\n  attribute_value_length_limit: ${HEX}\n" + onlySpans, want: "console 1 respect"},
		{name: "text for a number", body: "attribute_limits:\n  attribute_value_length_limit: ${WORD}\n" + onlySpans, refused: []string{"attribute_value_length_limit: the value of $WORD is not a whole number"}},
		{name: "an unknown key", body: "tracer_providr: {}\n" + onlySpans, refused: []string{`did you mean "tracer_provider"?`}},
		{name: "broken YAML", body: "tracer_provider: {processors: [}\n", refused: []string{"2:32: did not find expected node content"}},
	}...)
}

// Every kind of declarative configuration loads, or is refused for a stated reason.
func TestParse_declarativeCases(t *testing.T) {
	t.Parallel()
	for _, tt := range declarativeCases() {
		for _, version := range []string{"1.0", "1.1"} {
			cfg, err := config.Parse([]byte("file_format: '"+version+"'\n"+tt.body), "yaml", environ("HEX=0xff", "WORD=many"))
			var got []string
			for i := range cfg.Connections {
				c := &cfg.Connections[i]
				got = append(got, fmt.Sprint(c.Driver, " ", c.Sample.Rate, " ", c.Sample.Parent))
			}
			if all := strings.Join(got, ", "); err == nil && all != tt.want || (err != nil) != (tt.refused != nil) {
				t.Errorf("%s, %s: %q, want %q; %v", tt.name, version, all, tt.want, err)
				continue
			}
			if err == nil {
				said(t, tt.name, cfg.Warnings, tt.notes)
				continue
			}
			problems, _ := errors.AsType[config.Problems](err)
			said(t, tt.name, problems, tt.refused)
		}
	}
}

// said reports a difference between problems and what they are to contain.
func said(t *testing.T, name string, problems config.Problems, want []string) {
	t.Helper()
	for _, text := range want {
		found := false
		for _, p := range problems {
			found = found || strings.Contains(strings.ReplaceAll(p.Error(), `"`, ""), strings.ReplaceAll(text, `"`, ""))
		}
		if !found {
			t.Errorf("%s: nothing says %q but %v", name, text, problems)
		}
	}
	if len(problems) > len(want) {
		t.Errorf("%s: more is said than %q: %v", name, want, problems)
	}
}

// A version that isn't known is told, and so is a variable that should hold one.
func TestParse_declarativeVersions(t *testing.T) {
	t.Parallel()
	for version, says := range map[string]string{
		"'0.1'": `"0.1" is not known`, "'2.0'": `"2.0" is not known`, "''": `"" is not known`, "${FORMAT}": "file_format", "'1.01.0'": `"1.01.0" is not known`, "'1.x'": `"1.x" is not known`, "'1.9'": "",
	} {
		cfg, err := config.Parse([]byte("file_format: "+version+"\n"+onlySpans), "yaml", bare())
		if (err == nil) != (says == "") || err != nil && !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", version, err)
		}
		if err == nil && len(cfg.Warnings) != 1 {
			t.Errorf("%s: %v", version, cfg.Warnings)
		}
	}
}
