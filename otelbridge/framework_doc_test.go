package otelbridge_test

import (
	"context"
	"os"
	"strings"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/tracehook/tracehook"
	"github.com/tracehook/tracehook/config"
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
	trace := otelbridge.NewModule[*tracehook.Meta, tracehook.TraceSpan](
		otelbridge.WithIdentity(func() exporter.Identity {
			id := infra.Identity()
			return exporter.Identity{Project: id.Project, Profile: id.Profile, Role: id.Role, Node: id.Node}
		}),
		otelbridge.WithInstall(),
	)
	infra.Mount(trace)
}

func TestDocs_framework(t *testing.T) {
	mounted()
	if len(infra.mounted) != 1 {
		t.Fatal("nothing was mounted")
	}
	sameText(t, "../docs/framework.md", "NewModule", strings.NewReplacer("*infra.Meta", "*tracehook.Meta", "infra.TraceSpan", "tracehook.TraceSpan"))
}

// existing is what docs/existing-otel.md tells a service to do.
//
//nolint:contextcheck // NewHook asks the propagator what it takes along, under no request
func existing(ctx context.Context, cfg config.Config, theirs sdktrace.Sampler, theirExporter sdktrace.SpanExporter, kept otelbridge.Option) (*sdktrace.TracerProvider, error) {
	bridge, err := otelbridge.New(ctx, cfg, kept)
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
	cfg, err := config.Parse([]byte("[trace]\ndriver = \"kept\"\n"), "toml")
	if err != nil {
		t.Fatal(err)
	}
	spans, theirs := memory.New(), tracetest.NewInMemoryExporter()
	kept := otelbridge.WithDriver("kept", func(context.Context, exporter.Settings) (sdktrace.SpanExporter, error) { return spans, nil })
	tp, err := existing(t.Context(), cfg, sdktrace.NeverSample(), theirs, kept)
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
	sameText(t, "../docs/existing-otel.md", "SamplerOver", strings.NewReplacer("cfg)", "cfg, kept)", "\treturn err", "\treturn nil, err"))
}

// sameText reports lines of the document's program text with that word that aren't in this file.
func sameText(t *testing.T, path, word string, replace *strings.Replacer) {
	t.Helper()
	doc, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("framework_doc_test.go")
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, part := range strings.Split(string(doc), "```go\n")[1:] {
		text, _, _ := strings.Cut(part, "```")
		if !strings.Contains(text, word) {
			continue
		}
		found = true
		indented := "\t" + strings.ReplaceAll(strings.TrimSpace(replace.Replace(text)), "\n", "\n\t")
		if !strings.Contains(string(source), indented) {
			t.Errorf("%s has a program text that isn't compiled here:\n%s", path, indented)
		}
	}
	if !found {
		t.Errorf("%s has no program text about %s", path, word)
	}
}
