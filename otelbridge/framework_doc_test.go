package otelbridge_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook"
	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/memory"
	"github.com/tracehook/tracehook/otelbridge"
)

// infra stands for the framework in the documents' program texts.
var infra framework

type framework struct{ mounted []any }

func (*framework) Identity() exporter.Identity { return exporter.Identity{Project: "shop", Node: "n1"} }
func (f *framework) Mount(module any)          { f.mounted = append(f.mounted, module) }

func mounted() {
	tracing := otelbridge.NewModule[*tracehook.Meta, tracehook.TraceSpan](
		otelbridge.WithIdentity(func() exporter.Identity {
			id := infra.Identity()
			return exporter.Identity{Project: id.Project, Profile: id.Profile, Role: id.Role, Node: id.Node}
		}),
		otelbridge.WithInstall(),
	)
	infra.Mount(tracing)
}

func TestDocs_framework(t *testing.T) {
	infra = framework{}
	mounted()
	if len(infra.mounted) != 1 {
		t.Fatal("nothing was mounted")
	}
	exp := tracetest.NewInMemoryExporter()
	attachTo(sdktrace.NewTracerProvider(sdktrace.WithSyncer(exp)))
	t.Cleanup(func() { tracehook.Attach(nil) })
	callSite(tracehook.NewMeta())
	began := time.Now().Add(-time.Hour)
	remote := trace.ContextWithRemoteSpanContext(t.Context(), trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{1}}))
	started(tracehook.NewMeta(), began, remote)
	var names []string
	for _, s := range exp.GetSpans() {
		names = append(names, s.Name)
		if s.Name == "job" && (!s.StartTime.Equal(began) || len(s.Links) != 1) {
			t.Errorf("the job began at %v with the links %v", s.StartTime, s.Links)
		}
	}
	if got := strings.Join(names, " "); got != "user.login.failed service:user.login job" {
		t.Errorf("the spans are %q", got)
	}
	sameText(t, "../docs/framework.md", 4, strings.NewReplacer("import infra \"github.com/tracehook/tracehook\"\n\n", "", "infra.Identity", "infra.Identity",
		"infra.Mount", "infra.Mount", "infra.", "tracehook."))
}

// callSite, attachTo and started are what docs/framework.md shows of an application.
func callSite(ctx *tracehook.Meta) {
	span := ctx.Begin("service:user.login", tracehook.TraceAttrs("user", tracehook.TraceKindServer, "login", tracehook.Map{
		"module": "http",
	}))
	defer span.End()

	_ = ctx.Trace("user.login.failed", tracehook.Map{"status": "error", "error": "invalid password"})
}

func attachTo(provider trace.TracerProvider) {
	tracehook.Attach(otelbridge.NewHook[*tracehook.Meta, tracehook.TraceSpan](provider))
}

func started(ctx *tracehook.Meta, enqueued time.Time, sender context.Context) { //nolint:revive // the text says ctx for a Meta
	span := ctx.Begin("job", tracehook.Map{"target": "mail"}, otelbridge.StartOptions(
		trace.WithTimestamp(enqueued),
		trace.WithLinks(trace.LinkFromContext(sender)),
		trace.WithAttributes(attribute.IntSlice("batch", []int{1, 2})),
	))
	span.End()
}

// withoutFile and withFallback are what docs/existing-otel.md says about the start.
func withoutFile(ctx context.Context) (*otelbridge.Bridge, error) {
	bridge, err := otelbridge.Open(ctx, "", otelbridge.WithLogger(slog.Default()))
	return bridge, err
}

func withFallback(ctx context.Context, path string) (*otelbridge.Bridge, error) {
	bridge, err := otelbridge.Open(ctx, path, otelbridge.WithFallback(), otelbridge.WithLogger(slog.Default()))
	return bridge, err
}

func TestDocs_start(t *testing.T) { // not parallel: OTEL_CONFIG_FILE would count
	for name, open := range map[string]func() (*otelbridge.Bridge, error){
		"without a file": func() (*otelbridge.Bridge, error) { return withoutFile(t.Context()) },
		"with fallback":  func() (*otelbridge.Bridge, error) { return withFallback(t.Context(), t.TempDir()+"/nowhere.toml") },
	} {
		b, err := open()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if n := b.Stats().ConnectionCount; n != map[string]int{"without a file": 1}[name] {
			t.Errorf("%s: %d connections", name, n)
		}
		if err := b.Shutdown(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// existing is what docs/existing-otel.md tells a service to do.
//
//nolint:contextcheck // NewHook asks the propagator what it takes along, under no request
func existing(ctx context.Context, path string, theirs sdktrace.Sampler, theirExporter sdktrace.SpanExporter, kept otelbridge.Option) (*sdktrace.TracerProvider, error) {
	bridge, err := otelbridge.Open(ctx, path, otelbridge.WithLogger(slog.Default()), kept)
	if err != nil {
		return nil, err
	}
	tp := sdktrace.NewTracerProvider(
		sdktrace.WithSampler(bridge.SamplerOver(theirs)),
		sdktrace.WithBatcher(theirExporter),
		sdktrace.WithSpanProcessor(bridge.SpanProcessor()),
	)
	tracehook.Attach(bridge.HookFor(tp))
	return tp, nil
}

func TestDocs_existing(t *testing.T) { // not parallel: it attaches
	t.Cleanup(func() { tracehook.Attach(nil) })
	path := filepath.Join(t.TempDir(), "trace.toml")
	if err := os.WriteFile(path, []byte("[trace]\ndriver = \"kept\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	spans, theirs := memory.New(), tracetest.NewInMemoryExporter()
	kept := otelbridge.WithDriver("kept", func(context.Context, exporter.Settings) (sdktrace.SpanExporter, error) { return spans, nil })
	tp, err := existing(t.Context(), path, sdktrace.NeverSample(), theirs, kept)
	if err != nil {
		t.Fatal(err)
	}
	tracehook.NewMeta().Begin("s").End()
	if err := tp.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if spans.Len() != 1 || len(theirs.GetSpans()) != 0 {
		t.Errorf("the connection has %d spans, their exporter %d", spans.Len(), len(theirs.GetSpans()))
	}
	sameText(t, "../docs/existing-otel.md", 3, strings.NewReplacer("\"trace.toml\", otelbridge.WithLogger(slog.Default())", "path, otelbridge.WithLogger(slog.Default()), kept", "\treturn err", "\treturn nil, err"))
}

// sameText reports program texts of the document that aren't in this file, and that there are not so
// many.
func sameText(t *testing.T, path string, want int, replace *strings.Replacer) {
	t.Helper()
	doc, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("framework_doc_test.go")
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(string(doc), "```go\n")[1:]
	for _, part := range parts {
		text, _, _ := strings.Cut(part, "```")
		indented := "\t" + strings.ReplaceAll(strings.TrimSpace(replace.Replace(text)), "\n", "\n\t")
		if !strings.Contains(string(source), strings.ReplaceAll(indented, "\n\t\n", "\n\n")) {
			t.Errorf("%s has a program text that isn't compiled here:\n%s", path, indented)
		}
	}
	if len(parts) != want || strings.Count(string(doc), "```") != 2*want {
		t.Errorf("%s has %d program texts, want %d and no others", path, len(parts), want)
	}
}
