package config_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tracehook/tracehook/config"
)

func contains(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", want)
	}
	if !strings.Contains(err.Error(), want) {
		t.Errorf("error %q, want it to contain %q", err, want)
	}
}

func parse(t *testing.T, toml string, variables ...string) config.Config {
	t.Helper()
	cfg, err := config.Parse([]byte(toml), "toml", environ(variables...), config.WithFile("x.toml"))
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func TestParse_expands(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ give, want string }{
		{"${A}", "1"},
		{"a${A}b${B}c", "a1b$c"},
		{"$A $ {A} $$", "$A $ {A} $$"},
		{"$${A}", "${A}"},
		{"${NONE:-x}", "x"},
		{"${EMPTY:-x}", "x"},
		{"${EMPTY}", ""},
		{"${NONE:-}", ""},
		{"${A:-x}", "1"},
		{"${NEST}", "${A}"},
	} {
		cfg := parse(t, "[trace]\nflag = '"+tt.give+"'", "A=1", "B=$", "EMPTY=", "NEST=${A}")
		if got := cfg.Connections[0].Flag; got != tt.want {
			t.Errorf("%q became %q, want %q", tt.give, got, tt.want)
		}
	}
	// Texts of the application are none of our business.
	parse(t, "[http]\nhost = '${NOT_SET}'\n")
	// What is expanded may be any type.
	cfg := parse(t, `trace = { buffer = "${N}", sample = "${F}", timeout = "${D}", json = "${T}", fields = "${L}" }`,
		"N=16", "F=0.5", "D=50ms", "T=TRUE", "L=name, kind")
	want := config.Default().Connections[0]
	want.Buffer, want.Batch, want.Sample.Rate, want.Timeout, want.JSON = 16, 4, 0.5, 50*time.Millisecond, true
	want.Fields = []config.Field{{Source: "name", Target: "name"}, {Source: "kind", Target: "kind"}}
	if diff := cmp.Diff(want, cfg.Connections[0]); diff != "" {
		t.Errorf("connection (-want +got):\n%s", diff)
	}
}

func TestParse_overrides(t *testing.T) {
	t.Parallel()
	cfg := parse(t, `
		node = "n1"
		[trace.my-file]
		driver = "file"
		sample = 0.5
		[trace.my-file.setting]
		password = "secret"
		[trace.table.sample]
		rate = 0.5
		error = false
		[otel.resource]
		"service.version" = "1"
	`,
		"TRACEHOOK_TRACE__MY_FILE__BUFFER=16",
		"TRACEHOOK_TRACE__MY_FILE__JSON=true",
		"TRACEHOOK_TRACE__MY_FILE__FIELDS=trace_id, name",
		"TRACEHOOK_TRACE__MY_FILE__SAMPLE__ERROR=false",
		"TRACEHOOK_TRACE__MY_FILE__SETTING__PASSWORD=12345",
		"TRACEHOOK_TRACE__MY_FILE__SETTING__PORT=4001",
		"TRACEHOOK_TRACE__MY_FILE__SETTING__RATIO=0.5",
		"TRACEHOOK_TRACE__MY_FILE__SETTING__GZIP=true",
		`TRACEHOOK_TRACE__MY_FILE__SETTING__TOKEN="77"`,
		"TRACEHOOK_TRACE__MY_FILE__SETTING__HOST=localhost",
		`TRACEHOOK_TRACE__MY_FILE__SETTING__HEADERS={"a": "${B}", "n": [1]}`,
		"TRACEHOOK_TRACE__TABLE__SAMPLE=0.1",
		`TRACEHOOK_TRACE__TABLE__SAMPLE__RULES=[{"name": "http:*"}]`,
		"TRACEHOOK_TRACE__NEW__FORMAT=[%time%]",
		"TRACEHOOK_TRACE__NEW__FLAG=${T}",
		"TRACEHOOK_OTEL__RESOURCE__SERVICE_VERSION=2",
		"TRACEHOOK_OTEL__PROPAGATORS=b3,baggage",
		"TRACEHOOK_OTEL__LIMITS__EVENT_COUNT_LIMIT=5",
		"TRACEHOOK_NODE=n2", "INFRAGO_NODE=n3", "INFRAGO_ROLE=api",
		"TRACEHOOK_HOME=/opt", "T=1s",
	)
	standard := config.Default().Connections[0]
	file, table, added := standard, standard, standard
	file.Name, file.Driver, file.Buffer, file.Batch, file.JSON = "my-file", "file", 16, 4, true
	file.Fields = []config.Field{{Source: "trace_id", Target: "trace_id"}, {Source: "name", Target: "name"}}
	file.Sample.Rate, file.Sample.Error = 0.5, false
	file.Setting = map[string]any{
		"password": "12345", "port": int64(4001), "ratio": 0.5, "gzip": true, "token": "77", "host": "localhost",
		"headers": map[string]any{"a": "${B}", "n": []any{int64(1)}},
	}
	table.Name, table.Sample.Rate, table.Sample.Error = "table", 0.1, false
	table.Sample.Rules = []config.Rule{{Name: "http:*", Sample: 1}}
	added.Name, added.Format, added.Flag = "new", "[%time%]", "${T}"
	want := config.Config{
		Connections: []config.Connection{file, table, added},
		Identity:    config.Identity{Node: "n2", Role: "api"},
		Warnings: config.Problems{{
			File:    "TRACEHOOK_TRACE__NEW__FLAG",
			Message: `adds the connection "new", which writes to the console; set TRACEHOOK_TRACE__NEW__DRIVER to say where it writes`,
		}},
		OTel: config.OTel{
			Resource:    map[string]string{"service.version": "2"},
			Propagators: []string{"b3", "baggage"}, EventCountLimit: 5,
		},
	}
	if diff := cmp.Diff(want, cfg, data()); diff != "" {
		t.Errorf("Config (-want +got):\n%s", diff)
	}
	place := cfg.Place("trace.my-file.setting.port")
	if want := (config.Place{File: "TRACEHOOK_TRACE__MY_FILE__SETTING__PORT"}); place != want {
		t.Errorf("Place = %v, want %v", place, want)
	}
	if place := cfg.Place("trace.my-file.driver"); place != (config.Place{File: "x.toml", Line: 4, Column: 3}) {
		t.Errorf("Place of what was not overridden = %v", place)
	}
}

func TestParse_overridesRefused(t *testing.T) {
	t.Parallel()
	for variable, want := range map[string]string{
		"TRACEHOOK_TRACE__A__SAMPLE=2":                       "TRACEHOOK_TRACE__A__SAMPLE: trace.a.sample: the value of $TRACEHOOK_TRACE__A__SAMPLE is outside 0..1",
		"TRACEHOOK_TRACE__A__JSON=yes":                       "TRACEHOOK_TRACE__A__JSON: trace.a.json: must be true or false, not text",
		"TRACEHOOK_TRACE__A__BUFFR=1":                        `TRACEHOOK_TRACE__A__BUFFR: trace.a.buffr: unknown key, did you mean "buffer"?`,
		"TRACEHOOK_TRACES__A__JSON=1":                        `TRACEHOOK_TRACES__A__JSON: "traces" is no section, did you mean "trace"?`,
		"TRACEHOOK_TRACE__A____B=1":                          "TRACEHOOK_TRACE__A____B: has an empty key",
		"TRACEHOOK_TRACE__A__DRIVER__X=1":                    "TRACEHOOK_TRACE__A__DRIVER__X: trace.a.driver is text, so nothing below it can be set",
		"TRACEHOOK_TRACE=1":                                  "TRACEHOOK_TRACE: trace: must be a table, not text",
		"TRACEHOOK_TRACE" + strings.Repeat("__A", 40) + "=1": "nested more than 32 levels deep",
	} {
		_, err := config.Parse([]byte("[trace.a]\ndriver = 'file'\n"), "toml", environ(variable))
		contains(t, err, want)
	}
}

// Sampling keys win in the order of the framework: the short names in setting last.
func TestParse_sampleInSetting(t *testing.T) {
	t.Parallel()
	cfg := parse(t, `
		[trace.a.sample]
		rate = 0.1
		sample = 0.2
		sample_error = true
		error = true
		sample_key = "trace_id"
		rules = [{ name = "a" }]
		[trace.a.setting]
		sample_error = true
		error = false
		sample_key = "trace_id"
		key = "Span_ID"
		sample_rules = [{ name = "b" }]
		path = "x"
		[trace.b.setting]
		error = "errors.log"
		key = "/etc/tls/key.pem"
		rules = 5
	`)
	a := config.Default().Connections[0]
	a.Name = "a"
	a.Sample.Rate, a.Sample.Error, a.Sample.Key = 0.2, false, "span_id"
	a.Sample.Rules = []config.Rule{{Name: "b", Sample: 1}}
	a.Setting = map[string]any{"path": "x"}
	b := config.Default().Connections[0]
	b.Name = "b"
	b.Setting = map[string]any{"error": "errors.log", "key": "/etc/tls/key.pem", "rules": int64(5)}
	if diff := cmp.Diff([]config.Connection{a, b}, cfg.Connections); diff != "" {
		t.Errorf("connections (-want +got):\n%s", diff)
	}
	for key, want := range map[string]string{
		"sample.rate":          "trace.a.sample.sample",
		"sample.rules[0].name": "trace.a.setting.sample_rules[0].name",
		"sample.key":           "trace.a.setting.key",
		"sample.error":         "trace.a.setting.error",
		"setting.path":         "trace.a.setting.path",
		"":                     "trace.a",
	} {
		if got := cfg.KeyPath("a", key); got != want {
			t.Errorf("KeyPath(%q) = %q, want %q", key, got, want)
		}
	}
}

// A connection that is turned off isn't there, but what is wrong in it is said.
func TestParse_enabled(t *testing.T) {
	t.Parallel()
	cfg := parse(t, "[trace.a]\nenabled = false\n[trace.b]\nenabled = true\n")
	if len(cfg.Connections) != 1 || cfg.Connections[0].Name != "b" || cfg.Implicit {
		t.Errorf("connections %v, want b alone", cfg.Connections)
	}
	_, err := config.Parse([]byte("[trace.a]\nenabled = false\nbuffer = 0\n"), "toml", environ())
	contains(t, err, "trace.a.buffer")
}

func TestParse_implicit(t *testing.T) {
	t.Parallel()
	standard := config.Default().Connections[0]
	named := func(name, driver string) config.Connection {
		c := standard
		c.Name, c.Driver = name, driver
		return c
	}
	none := named("none", "none")
	none.Sample.Rate, none.Sample.Error = 0, false
	sampled := func(rate float64, parent string) config.Connection {
		c := standard
		c.Sample.Rate, c.Sample.Error, c.Sample.Parent = rate, false, parent
		return c
	}
	batched := standard
	batched.Buffer, batched.Batch, batched.Timeout, batched.ExportTimeout = 100, 100, time.Second, 2*time.Second
	for _, tt := range []struct {
		name     string
		environ  []string
		want     []config.Connection
		warnings []string
	}{
		{"nothing", nil, []config.Connection{standard}, nil},
		{"empty is unset", []string{"OTEL_TRACES_EXPORTER=", "OTEL_TRACES_SAMPLER="}, []config.Connection{standard}, nil},
		{
			"a list",
			[]string{"OTEL_TRACES_EXPORTER= otlp,Console,otlp,"},
			[]config.Connection{named("otlp", "otlp"), named("console", "default")},
			nil,
		},
		{"somebody's", []string{"OTEL_TRACES_EXPORTER=zipkin"}, []config.Connection{named("zipkin", "zipkin")}, nil},
		{"none", []string{"OTEL_TRACES_EXPORTER=none"}, []config.Connection{none}, nil},
		{
			"none beside others",
			[]string{"OTEL_TRACES_EXPORTER=none,otlp"},
			[]config.Connection{named("otlp", "otlp")},
			[]string{`OTEL_TRACES_EXPORTER: "none" is ignored beside other exporters`},
		},
		{"an endpoint", []string{"OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4318"}, []config.Connection{named("otlp", "otlp")}, nil},
		{
			"ratio",
			[]string{"OTEL_TRACES_SAMPLER=traceidratio", "OTEL_TRACES_SAMPLER_ARG=0.25"},
			[]config.Connection{sampled(0.25, "ignore")},
			nil,
		},
		{
			"ratio below a parent",
			[]string{"OTEL_TRACES_SAMPLER=parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG=2"},
			[]config.Connection{sampled(1, "respect")},
			[]string{"OTEL_TRACES_SAMPLER_ARG: is ignored: it must be a number from 0 to 1; every trace is kept"},
		},
		{
			"not a ratio",
			[]string{"OTEL_TRACES_SAMPLER=traceidratio", "OTEL_TRACES_SAMPLER_ARG=NaN"},
			[]config.Connection{sampled(1, "ignore")},
			[]string{"OTEL_TRACES_SAMPLER_ARG: is ignored: it must be a number from 0 to 1; every trace is kept"},
		},
		{"off", []string{"OTEL_TRACES_SAMPLER=always_off"}, []config.Connection{sampled(0, "ignore")}, nil},
		{"on", []string{"OTEL_TRACES_SAMPLER=parentbased_always_on"}, []config.Connection{sampled(1, "respect")}, nil},
		{
			"unknown sampler",
			[]string{"OTEL_TRACES_SAMPLER=xray"},
			[]config.Connection{standard},
			[]string{`OTEL_TRACES_SAMPLER: "xray" is ignored: known are always_on, always_off, traceidratio, and these with parentbased_ before them`},
		},
		{"batches", []string{
			"OTEL_BSP_MAX_QUEUE_SIZE=100", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE=512",
			"OTEL_BSP_SCHEDULE_DELAY=1000", "OTEL_BSP_EXPORT_TIMEOUT=2000",
		}, []config.Connection{batched}, nil},
		{
			"wrong batches",
			[]string{"OTEL_BSP_MAX_QUEUE_SIZE=-5", "OTEL_BSP_SCHEDULE_DELAY=1s"},
			[]config.Connection{standard},
			[]string{
				"OTEL_BSP_MAX_QUEUE_SIZE: is ignored: it must be a whole number from 1 to 1048576",
				"OTEL_BSP_SCHEDULE_DELAY: is ignored: it must be a whole number from 1 to 2147483647",
			},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cfg := parse(t, "[http]\nport = 80\n", tt.environ...)
			if !cfg.Implicit {
				t.Error("Implicit = false without [trace]")
			}
			if diff := cmp.Diff(tt.want, cfg.Connections); diff != "" {
				t.Errorf("connections (-want +got):\n%s", diff)
			}
			var warnings []string
			for _, w := range cfg.Warnings {
				warnings = append(warnings, w.Error())
			}
			if diff := cmp.Diff(tt.warnings, warnings); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
			if len(tt.environ) > 0 && tt.name == "somebody's" {
				if got := cfg.Place("trace.zipkin.driver").File; got != "OTEL_TRACES_EXPORTER" {
					t.Errorf("Place.File = %q, want OTEL_TRACES_EXPORTER", got)
				}
			}
		})
	}
	// With [trace], all of these mean nothing.
	cfg := parse(t, "[trace]\n", "OTEL_TRACES_EXPORTER=otlp", "OTEL_TRACES_SAMPLER=always_off", "OTEL_BSP_MAX_QUEUE_SIZE=5")
	if diff := cmp.Diff([]config.Connection{standard}, cfg.Connections); diff != "" || cfg.Implicit {
		t.Errorf("connections of an empty [trace] (-want +got):\n%s", diff)
	}
}

func TestParse_otelEnvironment(t *testing.T) {
	t.Parallel()
	limits := []string{
		"OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT=1", "OTEL_ATTRIBUTE_COUNT_LIMIT=9", "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT=2",
		"OTEL_SPAN_EVENT_COUNT_LIMIT=3", "OTEL_SPAN_LINK_COUNT_LIMIT=-4", "OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT=5",
		"OTEL_LINK_ATTRIBUTE_COUNT_LIMIT=six",
	}
	limited := config.OTel{
		Propagators: []string{"tracecontext", "baggage"}, AttributeCountLimit: 1, AttributeValueLengthLimit: 2,
		EventCountLimit: 3, LinkCountLimit: -1, AttributePerEventCountLimit: 5,
	}
	for _, tt := range []struct {
		name, file string
		environ    []string
		want       config.OTel
		warnings   int
	}{
		{"silent file", "", []string{
			"OTEL_SERVICE_NAME=shop", "OTEL_RESOURCE_ATTRIBUTES=service.name=other,team=a%2Cb, k = v ,", "OTEL_PROPAGATORS=b3, ottrace",
		}, config.OTel{
			Service: "shop", Resource: map[string]string{"team": "a,b", "k": "v"}, Propagators: []string{"b3", "ottrace"},
		}, 0},
		{"name among the attributes", "", []string{"OTEL_RESOURCE_ATTRIBUTES=service.name=other"}, config.OTel{
			Service: "other", Propagators: []string{"tracecontext", "baggage"},
		}, 0},
		{"the file wins", `
			[otel]
			service = "s"
			resource = { team = "x", "service.name" = "not this" }
			propagators = ["none"]
		`, []string{"OTEL_SERVICE_NAME=shop", "OTEL_RESOURCE_ATTRIBUTES=team=a,k=v", "OTEL_PROPAGATORS=b3"}, config.OTel{
			Service: "s", Resource: map[string]string{"team": "x", "k": "v"}, Propagators: []string{"none"},
		}, 0},
		{
			"the name among the file's attributes wins, too",
			"[otel.resource]\n\"service.name\" = \"file\"\n",
			[]string{"OTEL_SERVICE_NAME=variable", "OTEL_RESOURCE_ATTRIBUTES=service.name=attribute,k=v"},
			config.OTel{Service: "file", Resource: map[string]string{"k": "v"}, Propagators: []string{"tracecontext", "baggage"}},
			0,
		},
		{"broken attributes", "", []string{"OTEL_RESOURCE_ATTRIBUTES=a=1,b"}, config.OTel{
			Propagators: []string{"tracecontext", "baggage"},
		}, 1},
		{"limits", "", limits, limited, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cfg := parse(t, tt.file, tt.environ...)
			if diff := cmp.Diff(tt.want, cfg.OTel); diff != "" {
				t.Errorf("OTel (-want +got):\n%s", diff)
			}
			if len(cfg.Warnings) != tt.warnings {
				t.Errorf("warnings %v, want %d", cfg.Warnings, tt.warnings)
			}
		})
	}
	for value, want := range map[string]struct {
		disabled bool
		warnings int
	}{
		"true": {true, 0}, "TRUE": {true, 0}, "False": {false, 0}, "": {false, 0}, "1": {false, 1}, "yes": {false, 1},
	} {
		cfg := parse(t, "", "OTEL_SDK_DISABLED="+value)
		if cfg.Disabled != want.disabled || len(cfg.Warnings) != want.warnings {
			t.Errorf("OTEL_SDK_DISABLED=%q: Disabled = %v, warnings %v, want %v", value, cfg.Disabled, cfg.Warnings, want)
		}
	}
}

// A process that is turned off is not the one that it was, so that turning it off is a reload.
func TestParse_disabledChangesTheHash(t *testing.T) {
	t.Parallel()
	on, off := parse(t, "[trace]\n"), parse(t, "[trace]\n", "OTEL_SDK_DISABLED=true")
	if on.Hash() == off.Hash() || off.Hash() != parse(t, "[trace]\n", "OTEL_SDK_DISABLED=TRUE").Hash() {
		t.Errorf("the hash is %s, and %s if nothing is kept", on.Hash(), off.Hash())
	}
}

// Words are matched in any case, and are what the documents call them afterwards.
func TestParse_wordsInAnyCase(t *testing.T) {
	t.Parallel()
	c := parse(t, "[trace]\noverflow = 'DROP'\n[trace.sample]\nparent = 'Ignore'\nkey = ' Span_ID '\n").Connections[0]
	if c.Overflow != "drop" || c.Sample.Parent != "ignore" || c.Sample.Key != "span_id" {
		t.Errorf("overflow %q, parent %q, key %q", c.Overflow, c.Sample.Parent, c.Sample.Key)
	}
}

// One endpoint for the whole process is meant for the one connection that can use it.
func TestConfig_Environ(t *testing.T) {
	t.Parallel()
	const endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT"
	variables := []string{endpoint + "=http://c:4318", "PATH=/bin"}
	one := parse(t, "[trace.a]\ndriver = 'otlp'\n[trace.b]\ndriver = 'file'\n", variables...)
	if lookup := one.Environ("a"); lookup == nil {
		t.Error("Environ of the only OTLP connection is nil")
	} else if got := lookup(endpoint); got != "http://c:4318" {
		t.Errorf("%s = %q", endpoint, got)
	} else if got := lookup("PATH"); got != "" {
		t.Errorf("PATH = %q, want nothing but OTLP's variables", got)
	}
	if one.Environ("b") != nil {
		t.Error("Environ of a file connection is not nil")
	}
	two := parse(t, "[trace.a]\ndriver = 'otlp'\n[trace.b]\ndriver = 'otlp'\n", variables...)
	if two.Environ("a") != nil {
		t.Error("Environ of one of two OTLP connections is not nil")
	}
	if parse(t, "", variables...).Environ("otlp") == nil {
		t.Error("Environ of the implicit connection is nil")
	}
}

func TestParse_identity(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		file string
		want config.Identity
	}{
		{"project = 'a'\nprofile = 'b'\nrole = 'c'\nnode = 4", config.Identity{Project: "a", Profile: "b", Role: "c", Node: "4"}},
		{"project = 'a'\nname = 'b'", config.Identity{Project: "b"}},
		{"name = ['the application']\n[node]\nport = 5", config.Identity{}},
	} {
		if got := parse(t, tt.file).Identity; got != tt.want {
			t.Errorf("%q gave %+v, want %+v", tt.file, got, tt.want)
		}
	}
}

// A few hundred kilobytes of references don't become a hundred megabytes of text.
func TestParse_expansionIsBounded(t *testing.T) {
	t.Parallel()
	variable := "A=" + strings.Repeat("x", 1<<10)
	one := strings.Repeat("${A}", 100_000)
	many := strings.Repeat("'"+strings.Repeat("${A}", 1000)+"',", 100)
	for _, file := range []string{"[trace]\nflag = '" + one + "'\n", "[trace]\nfields = [" + many + "]\n"} {
		_, err := config.Parse([]byte(file), "toml", environ(variable))
		contains(t, err, "10 MiB")
	}
	_, err := config.Parse([]byte("file_format: '1.0'\nresource: {attributes_list: '"+one+"'}\n"), "yaml", environ(variable))
	contains(t, err, "10 MiB")
}
