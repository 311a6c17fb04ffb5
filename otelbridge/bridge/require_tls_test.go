package bridge_test

import (
	"context"
	"strings"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/otelbridge"
)

// What would leave the machine without TLS is refused at its key, before anything is opened.
func TestRequireTLS(t *testing.T) {
	t.Parallel()
	const there = "trace.a.setting."
	for _, tt := range []struct{ toml, at string }{ // "" is accepted
		{"driver = \"otlp\"\nsetting.endpoint = \"http://collector:4318\"", there + "endpoint"},
		{"driver = \"otlp\"\nsetting.url = \"http://10.0.0.1:4318/x\"", there + "url"},
		{"driver = \"otlp\"\nsetting.endpoint = \"http://collector:4317\"\nsetting.protocol = \"grpc\"", there + "endpoint"},
		{"driver = \"otlp\"\nsetting.endpoint = \"collector:4317\"\nsetting.protocol = \"grpc\"\nsetting.insecure = true", there + "endpoint"},
		{"driver = \"otlp\"\nsetting.endpoint = \"dns:///collector:4317\"\nsetting.protocol = \"grpc\"\nsetting.insecure = true", there + "endpoint"},
		{"driver = \"otlp\"\nsetting.endpoint = \"https://collector:4318\"\nsetting.proxy = \"http://u:pl4nted@proxy:1\"", there + "proxy"},
		{"driver = \"otlp\"\nsetting.endpoint = \"https://collector:4318\"\nsetting.proxy = \"http://proxy:1\"", ""},
		{"driver = \"otlp\"\nsetting.endpoint = \"https://collector:4318\"", ""},
		{"driver = \"otlp\"\nsetting.endpoint = \"collector:4317\"\nsetting.protocol = \"grpc\"", ""},
		{"driver = \"otlp\"\nsetting.endpoint = \"http://127.0.0.1:4318\"", ""},
		{"driver = \"otlp\"", ""},
		{"driver = \"greptime\"\nsetting.host = \"db\"", there + "host"},
		{"driver = \"greptime\"\nsetting.url = \"greptime://u:pl4nted@db/x\"", there + "url"},
		{"driver = \"greptime\"\nsetting.host = \"db\"\nsetting.port = 4001\nsetting.insecure = true", there + "insecure"},
		{"driver = \"greptime\"\nsetting.url = \"http://db:4000\"", there + "url"},
		{"driver = \"greptime\"\nsetting.host = \"db\"\nsetting.tls = true", ""},
		{"driver = \"greptime\"\nsetting.url = \"https://db\"", ""},
		{"driver = \"greptime\"", ""},
		{"driver = \"page\"\nsetting.listen = \"0.0.0.0:0\"\nsetting.token = \"pl4nted-pl4nted-pl4nted\"", there + "listen"},
		{"driver = \"page\"", ""},
		{"driver = \"otlptracehttp\"", ""},
		{"driver = \"own\"", "trace.a.driver"},
		{"driver = \"secured\"", ""},
		{"driver = \"local\"", "trace.a.require_tls"},
		{"driver = \"console\"", "trace.a.require_tls"},
	} {
		factory := func(context.Context, exporter.Settings) (sdktrace.SpanExporter, error) {
			return tracetest.NewInMemoryExporter(), nil
		}
		opts := []otelbridge.Option{
			otelbridge.WithDriver("own", factory),
			otelbridge.WithDriverSpec("secured", exporter.Driver{New: factory, Network: true, TLS: true}),
			otelbridge.WithDriverSpec("local", exporter.Driver{New: factory}),
		}
		for where, toml := range map[string]string{
			"connection": "[trace.a]\nrequire_tls = true\n" + tt.toml,
			"otel":       "[otel]\nrequire_tls = true\n[trace.a]\nrequire_tls = false\n" + tt.toml,
		} {
			want := tt.at
			if where == "otel" && want == "trace.a.require_tls" {
				want = "" // for all, and a console has no way that others could read
			}
			got := strings.Join(problems(t, toml, opts...), "\n")
			if want == "" && got != "" || want != "" && !strings.Contains(got, want+": ") || strings.Count(got, "\n") > 0 || strings.Contains(got, "pl4nted") {
				t.Errorf("%s, %s:\n%s\nwant a problem at %q", where, tt.toml, got, want)
			}
		}
		if got := problems(t, "[trace.a]\n"+tt.toml, opts...); got != nil {
			t.Errorf("without require_tls: %s", got)
		}
	}
}
