package otlp_test

import (
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/delivery"
	"github.com/tracehook/tracehook/exporter/otlp"
)

type table = map[string]any

func env(values map[string]string) func(string) string {
	return func(name string) string { return values[name] }
}

func TestFromSettings(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		setting table
		environ map[string]string
		want    otlp.Options
	}{
		{"nothing set", nil, nil, otlp.Options{Insecure: true}},
		{"a base", table{"endpoint": "http://c:4318"}, nil, otlp.Options{URL: "http://c:4318/v1/traces", Insecure: true}},
		{"a base with a slash", table{"endpoint": "http://c:4318/"}, nil, otlp.Options{URL: "http://c:4318/v1/traces", Insecure: true}},
		{"a base with a path", table{"endpoint": "https://c/otlp"}, nil, otlp.Options{URL: "https://c/otlp/v1/traces"}},
		{"a base that is complete", table{"endpoint": "http://c:4318/v1/traces"}, nil, otlp.Options{URL: "http://c:4318/v1/traces", Insecure: true}},
		{"a url", table{"url": "http://c/take?k=v"}, nil, otlp.Options{URL: "http://c/take?k=v", Insecure: true}},
		{"a url without a path", table{"url": "http://c:4318"}, nil, otlp.Options{URL: "http://c:4318/", Insecure: true}},
		{"url beats endpoint", table{"url": "http://a/x", "endpoint": "http://b"}, nil, otlp.Options{URL: "http://a/x", Insecure: true}},
		{"grpc with a scheme", table{"protocol": "grpc", "endpoint": "http://c:4317"}, nil, otlp.Options{GRPC: true, URL: "c:4317", Insecure: true}},
		{"grpc, secured", table{"protocol": "grpc", "endpoint": "https://c"}, nil, otlp.Options{GRPC: true, URL: "c:443"}},
		{"grpc without a scheme is secured", table{"protocol": "grpc", "endpoint": "c:4317"}, nil, otlp.Options{GRPC: true, URL: "c:4317"}},
		{"grpc, insecure", table{"protocol": "grpc", "endpoint": "c:4317", "insecure": true}, nil, otlp.Options{GRPC: true, URL: "c:4317", Insecure: true}},
		{"grpc, a socket", table{"protocol": "grpc", "endpoint": "unix:/run/otlp.sock"}, nil, otlp.Options{GRPC: true, URL: "unix:/run/otlp.sock", Insecure: true}},
		{"grpc, a resolver", table{"protocol": "grpc", "endpoint": "dns:///c:4317", "insecure": true}, nil, otlp.Options{GRPC: true, URL: "dns:///c:4317", Insecure: true}},
		{"the rest", table{
			"timeout": "3s", "service": "shop", "compression": "gzip", "headers": table{"X-Tenant": "a"}, "proxy": "http://p:3128",
		}, nil, otlp.Options{
			Timeout: 3 * time.Second, Service: "shop", Gzip: true, Headers: map[string]string{"X-Tenant": "a"},
			Proxy: &url.URL{Scheme: "http", Host: "p:3128"}, Insecure: true,
		}},
		{"environment", nil, map[string]string{
			"OTEL_EXPORTER_OTLP_ENDPOINT": "http://e:4318/x", "OTEL_EXPORTER_OTLP_HEADERS": "api-key=a%20b, x=1,",
			"OTEL_EXPORTER_OTLP_TIMEOUT": "1500", "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip",
		}, otlp.Options{
			URL: "http://e:4318/x/v1/traces", Headers: map[string]string{"api-key": "a b", "x": "1"},
			Timeout: 1500 * time.Millisecond, Gzip: true, Insecure: true,
		}},
		{"environment for traces", nil, map[string]string{
			"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://e:4318/x", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://other",
		}, otlp.Options{URL: "http://e:4318/x", Insecure: true}},
		{"environment with grpc", nil, map[string]string{
			"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc", "OTEL_EXPORTER_OTLP_ENDPOINT": "e:4317", "OTEL_EXPORTER_OTLP_INSECURE": "TRUE",
		}, otlp.Options{GRPC: true, URL: "e:4317", Insecure: true}},
		{"settings beat the environment", table{"timeout": "3s", "compression": "none", "protocol": "http"}, map[string]string{
			"OTEL_EXPORTER_OTLP_TIMEOUT": "1500", "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
		}, otlp.Options{Timeout: 3 * time.Second, Insecure: true}},
		// The heart of it: a key that is meant for one endpoint never goes to another.
		{"headers of another endpoint", table{"endpoint": "http://c:4318"}, map[string]string{
			"OTEL_EXPORTER_OTLP_ENDPOINT": "http://e:4318", "OTEL_EXPORTER_OTLP_HEADERS": "api-key=secret",
		}, otlp.Options{URL: "http://c:4318/v1/traces", Insecure: true}},
		{"headers of no endpoint", table{"endpoint": "http://c:4318"}, map[string]string{
			"OTEL_EXPORTER_OTLP_HEADERS": "api-key=secret",
		}, otlp.Options{URL: "http://c:4318/v1/traces", Headers: map[string]string{"api-key": "secret"}, Insecure: true}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := exporter.Settings{Connection: "c", Setting: tt.setting}
			if tt.environ != nil {
				s.Environ = env(tt.environ)
			}
			got, err := otlp.FromSettings(s)
			if err != nil {
				t.Fatal(err)
			}
			if tt.want.Timeout == 0 {
				tt.want.Timeout = 10 * time.Second
			}
			if diff := cmp.Diff(tt.want, got, cmpopts.IgnoreFields(otlp.Options{}, "TLS", "Fields", "Failure"), cmpopts.IgnoreUnexported(otlp.Options{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFromSettingsRetry(t *testing.T) {
	t.Parallel()
	o, err := otlp.FromSettings(exporter.Settings{Retry: table{"enabled": false, "initial": "1s", "max": "2s", "budget": "3s"}})
	if err != nil {
		t.Fatal(err)
	}
	if !o.Once || o.Backoff != (delivery.Backoff{Initial: time.Second, Max: 2 * time.Second}) || o.Budget != 3*time.Second {
		t.Errorf("got %+v", o)
	}
}

func TestFromSettingsRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cert, key, _ := certificate(t, dir, "one")
	_, otherKey, _ := certificate(t, dir, "two")
	big := filepath.Join(dir, "big.pem")
	if err := os.WriteFile(big, make([]byte, 2<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name    string
		give    exporter.Settings
		environ map[string]string
		want    string
	}{
		{"no scheme", exporter.Settings{Setting: table{"endpoint": "localhost:4318"}}, nil, `setting.endpoint: "localhost:4318" has no scheme: write http://localhost:4318`},
		{"credentials", exporter.Settings{Setting: table{"url": "http://u:pl4nted@h/"}}, nil, "setting.url: the address contains credentials"},
		{"credentials for grpc", exporter.Settings{Setting: table{"protocol": "grpc", "endpoint": "u:pl4nted@h:1"}}, nil, "contains credentials"},
		{"a port that is none", exporter.Settings{Setting: table{"url": "http://h:99999/"}}, nil, "99999 is not a port"},
		{"no host", exporter.Settings{Setting: table{"url": "http:///x"}}, nil, "names no host"},
		{"a strange scheme", exporter.Settings{Setting: table{"url": "ftp://h/"}}, nil, "want http:// or https://"},
		{"the scheme grpc", exporter.Settings{Setting: table{"url": "grpc://h:1"}}, nil, `protocol = "grpc"`},
		{"grpc with a path", exporter.Settings{Setting: table{"protocol": "grpc", "endpoint": "http://h:4317/v1/traces"}}, nil, "gRPC has no path"},
		{"a fragment", exporter.Settings{Setting: table{"url": "http://h/#x"}}, nil, "fragment"},
		{"an unknown key", exporter.Settings{Setting: table{"endpont": "http://h"}}, nil, `setting.endpont: unknown key`},
		{"an unknown protocol", exporter.Settings{Setting: table{"protocol": "http/jso"}}, nil, "setting.protocol"},
		{"a contradiction", exporter.Settings{Setting: table{"endpoint": "https://h", "insecure": true}}, nil, "setting.insecure: contradicts endpoint"},
		{"another contradiction", exporter.Settings{Setting: table{"endpoint": "http://h", "insecure": false}}, nil, "setting.insecure: contradicts endpoint"},
		{"TLS without TLS", exporter.Settings{Setting: table{"endpoint": "http://h", "ca": cert}}, nil, "setting.ca: the endpoint is not secured"},
		{"no timeout", exporter.Settings{Setting: table{"timeout": 0}}, nil, "setting.timeout"},
		{"a header with a line break", exporter.Settings{Setting: table{"headers": table{"a": "x\r\npl4nted"}}}, nil, "setting.headers: the value of a holds characters"},
		{"a header without a name", exporter.Settings{Setting: table{"headers": table{"": "pl4nted"}}}, nil, "setting.headers"},
		{"a header of ours", exporter.Settings{Setting: table{"headers": table{"Content-Type": "x"}}}, nil, "is set by the exporter"},
		{"a header name that gRPC has not", exporter.Settings{Setting: table{"protocol": "grpc", "headers": table{"a!": "pl4nted"}}}, nil, "setting.headers: the name a! is not allowed in gRPC"},
		{"a header value that gRPC has not", exporter.Settings{Setting: table{"protocol": "grpc", "headers": table{"A": "pl4ntéd"}}}, nil, "setting.headers: the value of A holds characters that gRPC doesn't allow"},
		{"a proxy with a scheme that is none", exporter.Settings{Setting: table{"proxy": "httpx://p:1"}}, nil, "setting.proxy: want http://HOST:PORT"},
		{"a proxy for grpc", exporter.Settings{Setting: table{"protocol": "grpc", "proxy": "http://p:1"}}, nil, "HTTPS_PROXY"},
		{"a proxy that is none", exporter.Settings{Setting: table{"proxy": "u:pl4nted@p"}}, nil, "setting.proxy: want http://HOST:PORT"},
		{"a missing file", exporter.Settings{Setting: table{"endpoint": "https://h", "ca": filepath.Join(dir, "none")}}, nil, "setting.ca: "},
		{"a file that is none", exporter.Settings{Setting: table{"endpoint": "https://h", "ca": key}}, nil, "holds no certificate"},
		{"a huge file", exporter.Settings{Setting: table{"endpoint": "https://h", "ca": big}}, nil, "not a regular file of at most"},
		{"a certificate without a key", exporter.Settings{Setting: table{"endpoint": "https://h", "cert": cert}}, nil, "set key too"},
		{"a key without a certificate", exporter.Settings{Setting: table{"endpoint": "https://h", "key": key}}, nil, "set cert too"},
		{"no pair", exporter.Settings{Setting: table{"endpoint": "https://h", "cert": cert, "key": otherKey}}, nil, "are no pair"},
		{"retry", exporter.Settings{Retry: table{"budgt": "1s"}}, nil, "retry.budgt: unknown key"},
		{"an unknown field", exporter.Settings{Fields: []exporter.FieldMapping{{Source: "trace_idd", Target: "a"}}}, nil, "fields.trace_idd"},
		{"a table as a field", exporter.Settings{Fields: []exporter.FieldMapping{{Source: "events", Target: "a"}}}, nil, "fields.events: a whole table"},
		{"environment: endpoint", exporter.Settings{}, map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "h:4318"}, "OTEL_EXPORTER_OTLP_ENDPOINT: "},
		{"environment: certificate", exporter.Settings{}, map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "https://h", "OTEL_EXPORTER_OTLP_CERTIFICATE": "/none"}, "OTEL_EXPORTER_OTLP_CERTIFICATE: "},
		{"spool without a directory", exporter.Settings{Spool: table{}}, nil, "spool.dir: a spool needs a directory"},
		{"spool in a shared directory", exporter.Settings{Connection: "c", Spool: table{"dir": "/tmp"}}, nil, "shared temporary directory"},
		{"spool sync", exporter.Settings{Connection: "c", Spool: table{"dir": dir, "fsync": "often"}}, nil, "spool.fsync: "},
		{"spool mode", exporter.Settings{Connection: "c", Spool: table{"dir": dir, "mode": "often"}}, nil, "spool.mode: "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.give.Environ = env(tt.environ)
			d := otlp.Driver()
			err := d.Check(tt.give)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), "pl4nted") {
				t.Errorf("the secret is in it: %v", err)
			}
			e, newErr := d.New(t.Context(), tt.give)
			if newErr == nil {
				_ = e.Shutdown(t.Context())
				t.Error("New builds what Check refuses")
			}
		})
	}
}

func TestClaims(t *testing.T) {
	t.Parallel()
	d := otlp.Driver()
	if got := d.Claims(exporter.Settings{Connection: "a"}); got != nil {
		t.Errorf("without a spool: %q", got)
	}
	dir := t.TempDir()
	got := d.Claims(exporter.Settings{Connection: "a/b", Spool: table{"dir": dir}})
	if diff := cmp.Diff([]string{"spool:" + dir + "/a%2Fb"}, got); diff != "" {
		t.Error(diff)
	}
}

// A variable that can't be understood is ignored with a warning; what can be, counts.
func TestEnvironmentIsIgnoredWithAWarning(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	s := exporter.Settings{
		Logger: slog.New(slog.NewTextHandler(&log, nil)),
		Environ: env(map[string]string{
			"OTEL_EXPORTER_OTLP_TIMEOUT": "99999999999", "OTEL_EXPORTER_OTLP_PROTOCOL": "zzz",
			"OTEL_EXPORTER_OTLP_TRACES_COMPRESSION": "br", "OTEL_EXPORTER_OTLP_HEADERS": "a=1,pl4nted,host=pl4nted,b=2",
		}),
	}
	d := otlp.Driver()
	if err := d.Check(s); err != nil {
		t.Fatal(err)
	}
	if log.Len() > 0 {
		t.Errorf("Check logs: %s", log.String())
	}
	e, err := d.New(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	for _, want := range []string{
		`OTEL_EXPORTER_OTLP_PROTOCOL: its value is ignored`, `OTEL_EXPORTER_OTLP_TIMEOUT: its value is ignored`,
		`OTEL_EXPORTER_OTLP_TRACES_COMPRESSION: its value is ignored`,
		`OTEL_EXPORTER_OTLP_HEADERS: member 2 is ignored`, `OTEL_EXPORTER_OTLP_HEADERS: member 3 is ignored: host is set by the exporter`,
	} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log has no %q:\n%s", want, log.String())
		}
	}
	if strings.Contains(log.String(), "pl4nted") {
		t.Errorf("the log shows a header:\n%s", log.String())
	}
	o, err := otlp.FromSettings(s)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"a": "1", "b": "2"}, o.Headers); diff != "" || o.GRPC || o.Gzip || o.Timeout != 10*time.Second {
		t.Errorf("GRPC %v, Gzip %v, Timeout %v; headers (-want +got):\n%s", o.GRPC, o.Gzip, o.Timeout, diff)
	}
	s.Setting = table{"timeout": "3s", "protocol": "grpc", "compression": "none", "headers": table{}}
	log.Reset()
	if e, err = d.New(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if err := e.Shutdown(t.Context()); err != nil || log.Len() > 0 {
		t.Errorf("Shutdown: %v; what the settings say is read from the environment: %s", err, log.String())
	}
}

// Secrets of the environment that go nowhere are told, without their values.
func TestUnusedSecretsOfTheEnvironment(t *testing.T) {
	t.Parallel()
	environ := env(map[string]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT": "http://h:4318", "OTEL_EXPORTER_OTLP_HEADERS": "a=pl4nted",
		"OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE": "pl4nted.pem", "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE": "pl4nted.pem",
	})
	for _, tt := range []struct {
		setting table
		want    int
	}{
		{table{"endpoint": "http://other:4318"}, 3},
		{table{"endpoint": "http://other:4318", "headers": table{"a": "b"}}, 2},
		{table{"endpoint": "http://h:4318"}, 0},
		{table{"endpoint": "http://h:4318/"}, 0},
		{table{}, 0},
	} {
		var log strings.Builder
		e, err := otlp.Driver().New(t.Context(), exporter.Settings{
			Logger: slog.New(slog.NewTextHandler(&log, nil)), Environ: environ, Setting: tt.setting,
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := e.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if got := strings.Count(log.String(), "is not used, because"); got != tt.want || strings.Contains(log.String(), "pl4nted") {
			t.Errorf("%v: %d lines, want %d:\n%s", tt.setting, got, tt.want, log.String())
		}
	}
}

// What is wrong with an address is said without its path, its query and its credentials.
func TestAddressesInProblemsAreCutShort(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ protocol, address, want string }{
		{"http", "collector:4318/pl4nted/v1/traces", `"collector:4318" has no scheme: write http://collector:4318 or`},
		{"http", "ftp://h/pl4nted", `"ftp://h": want http:// or https://`},
		{"http", "grpc://h/pl4nted", `"grpc://h": gRPC needs protocol`},
		{"http", "http:///pl4nted", `"http://" names no host`},
		{"http", "http://h/%zz/pl4nted", `"http://h" can't be parsed`},
		{"http", "http://h/pl4nted#pl4nted", `"http://h": a fragment`},
		{"http", "http://h:70000/pl4nted", `"http://h:70000": 70000 is not a port`},
		{"http", "http://u:pl4nted@h", "the address contains credentials"},
		{"grpc", "http://h/pl4nted", `"http://h": gRPC has no path: write http://h,`},
		{"grpc", "ftp://h/pl4nted", `"ftp://h": want http://HOST:PORT`},
	} {
		for _, key := range []string{"endpoint", "url"} {
			_, err := otlp.FromSettings(exporter.Settings{Connection: "c", Setting: table{"protocol": tt.protocol, key: tt.address}})
			if err == nil || strings.Contains(err.Error(), "pl4nted") || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s %s = %q: %v, want %s", tt.protocol, key, tt.address, err, tt.want)
			}
		}
	}
}
