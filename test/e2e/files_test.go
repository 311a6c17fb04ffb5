package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

// kubernetes is a resource as detectors find it in a pod: longer than the 1,000 bytes by
// which the Collector tells files apart.
const kubernetes = `
"service.name" = "checkout"
"service.namespace" = "shop-production-eu-central"
"service.version" = "2026.11.29-build.4711+0a1b2c3d4e5f60718293a4b5c6d7e8f901234567"
"service.instance.id" = "checkout-7d9c5b6f8d-x2x9k.shop-production-eu-central.cluster-a"
"k8s.cluster.name" = "shop-production-eu-central-1-cluster-a"
"k8s.cluster.uid" = "2d6f0a5c-7a51-4c1c-8a0e-5f6d7c8b9a01"
"k8s.namespace.name" = "shop-production-eu-central"
"k8s.deployment.name" = "checkout"
"k8s.replicaset.name" = "checkout-7d9c5b6f8d"
"k8s.replicaset.uid" = "3e7f1b6d-8b62-4d2d-9b1f-6a7e8d9c0b12"
"k8s.pod.name" = "checkout-7d9c5b6f8d-x2x9k"
"k8s.pod.uid" = "4f802c7e-9c73-4e3e-ac20-7b8f9eadc123"
"k8s.node.name" = "ip-10-11-12-13.eu-central-1.compute.internal"
"container.id" = "5c1f0e9d8c7b6a5948372615040f3e2d1c0b9a8f7e6d5c4b3a29180706f5e4d3"
"container.image.name" = "registry.example.com/shop/production/checkout"
"host.name" = "ip-10-11-12-13.eu-central-1.compute.internal"
`

// TestCollectorFollowsOurFiles writes OTLP lines that rotate while the Collector's two file
// receivers follow them: no span may be lost, and none read twice.
func TestCollectorFollowsOurFiles(t *testing.T) {
	t.Parallel()
	c := start(t)
	b, _ := open(t, fmt.Sprintf(`
[trace.file]
driver = "file"
setting = { path = %q, encoding = "otlp", maxsize = "300KB" }
[otel.resource]
%s`, filepath.Join(c.Tailed(), "trace.log"), kubernetes))
	tracer := b.TracerProvider().Tracer("e2e")
	const spans = 3000
	for i := range spans {
		_, span := tracer.Start(t.Context(), "checkout", trace.WithAttributes(attribute.Int("n", i), attribute.String("text", strings.Repeat("x", 300))))
		span.End()
		if i%50 == 49 {
			if err := b.ForceFlush(t.Context()); err != nil {
				t.Fatal(err)
			}
			time.Sleep(20 * time.Millisecond) // as a service that isn't flat out
		}
	}
	files, err := filepath.Glob(filepath.Join(c.Tailed(), "*.log"))
	if err != nil || len(files) < 6 {
		t.Fatalf("%d files, want at least five rotations: %v", len(files), err)
	}
	beginnings := map[string]bool{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		beginnings[string(data[:min(1000, len(data))])] = true
	}
	if len(beginnings) != len(files) {
		t.Errorf("%d files begin in %d ways: a reader that knows a file by its first 1,000 bytes takes them for one", len(files), len(beginnings))
	}
	for id, r := range c.wait(t, "otlpjsonfile", spans) {
		if r.duplicate {
			t.Fatalf("span %s came twice", id)
		}
		if name, ok := r.resource.Get("k8s.pod.name"); !ok || name.Str() != "checkout-7d9c5b6f8d-x2x9k" {
			t.Fatalf("span %s came without its resource", id)
		}
	}
	eventually(t, "the log receiver has all spans", func() bool { return len(inLogs(t, c.file("filelog"))) == spans })
}

// inLogs returns the ids of the spans in the bodies of log records.
func inLogs(t *testing.T, file string) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	data, err := os.ReadFile(file)
	if err != nil {
		return found
	}
	for line := range strings.Lines(string(data)) {
		if !strings.HasSuffix(line, "\n") {
			break
		}
		logs, err := (&plog.JSONUnmarshaler{}).UnmarshalLogs([]byte(line))
		if err != nil {
			t.Fatal(err)
		}
		for _, rl := range logs.ResourceLogs().All() {
			for _, sl := range rl.ScopeLogs().All() {
				for _, record := range sl.LogRecords().All() {
					traces, err := (&ptrace.JSONUnmarshaler{}).UnmarshalTraces([]byte(record.Body().Str()))
					if err != nil {
						t.Fatal(err)
					}
					for _, rs := range traces.ResourceSpans().All() {
						for _, ss := range rs.ScopeSpans().All() {
							for _, s := range ss.Spans().All() {
								found[s.SpanID().String()] = true
							}
						}
					}
				}
			}
		}
	}
	return found
}
