package tracehooktest_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook"
	"github.com/tracehook/tracehook/otelbridge/bridge"
	"github.com/tracehook/tracehook/tracehooktest"
)

// checkout is code that traces. Its query reads from a table.
func checkout(tp trace.TracerProvider, table string) {
	tracer := tp.Tracer("shop")
	ctx, span := tracer.Start(context.Background(), "checkout")
	defer span.End()
	_, query := tracer.Start(ctx, "SELECT "+table, trace.WithSpanKind(trace.SpanKindClient),
		trace.WithAttributes(attribute.String("db.system.name", "sqlite"), attribute.Int("port", os.Getpid())))
	query.End()
	_, pay := tracer.Start(ctx, "POST /payments", trace.WithSpanKind(trace.SpanKindClient),
		trace.WithAttributes(attribute.Int("http.response.status_code", 200)))
	pay.End()
}

const golden = "testdata/checkout.tree"

func TestAssertTree(t *testing.T) {
	t.Parallel()
	for range 3 { // every run has other ids and times
		b := tracehooktest.New(t, tracehooktest.WithoutOpenSpans(), tracehooktest.WithMasked("port"))
		checkout(b.TracerProvider(), "cart")
		b.AssertTree(golden)
	}
}

// The document shows a failing assertion's output as it is.
func TestAssertTree_output(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	b := tracehooktest.New(f, tracehooktest.WithMasked("port"))
	checkout(b.TracerProvider(), "carts")
	b.AssertTree(golden)
	f.end()
	var want []string
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	_, after, found := strings.Cut(string(doc), "A failure says:\n//\n")
	for line := range strings.Lines(after) {
		text, inside := strings.CutPrefix(strings.TrimRight(line, "\r\n"), "//\t")
		if !inside {
			break
		}
		want = append(want, text)
	}
	if got := f.text(); !found || got != strings.Join(want, "\n")+"\n" {
		t.Errorf("doc.go shows\n%s\nand a failure says\n%s", strings.Join(want, "\n"), got)
	}
}

func TestAssertTreeText(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	b := tracehooktest.New(f)
	_, failed := b.TracerProvider().Tracer("t").Start(t.Context(), "refund")
	failed.SetStatus(codes.Error, "card refused")
	failed.End()
	_, next := b.TracerProvider().Tracer("t").Start(t.Context(), "next")
	next.End()
	b.AssertTreeText(`
		trace  1 span  1 error
		refund  internal
		   ✗ error: card refused

		trace  1 span
		next  internal
	`)
	if got := f.text(); got != "" {
		t.Errorf("a text that is right is refused: %s\nthe tree is\n%s", got, b.Tree())
	}
	b.AssertTreeText("trace  1 span")
	if got := f.text(); !strings.Contains(got, "\n+ refund  internal\n") {
		t.Errorf("a text that is wrong is refused with %q", got)
	}
	f.end()
}

func TestAssertTree_missingFile(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	b := tracehooktest.New(f)
	checkout(b.TracerProvider(), "cart")
	b.AssertTree(filepath.Join(t.TempDir(), "none.tree"))
	if got := f.text(); !strings.Contains(got, "-update") || !strings.Contains(got, "SELECT cart") {
		t.Errorf("it says %q", got)
	}
	f.end()
}

// Update runs this very binary with -update on a file that is wrong.
func TestUpdate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "testdata"), 0o700); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, golden)
	if err := os.WriteFile(path, []byte("something else\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) (string, error) {
		cmd := exec.CommandContext(t.Context(), os.Args[0], append([]string{"-test.run=^TestAssertTree$"}, args...)...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if out, err := run(); err == nil || !strings.Contains(out, "- something else") {
		t.Errorf("without -update: %v\n%s", err, out)
	}
	if out, err := run("-update"); err != nil {
		t.Errorf("with -update: %v\n%s", err, out)
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("-update wrote\n%s\nwant\n%s", got, want)
	}
	if out, err := run(); err != nil {
		t.Errorf("after -update: %v\n%s", err, out)
	}
}

func TestParallelTestsSeeTheirOwnSpans(t *testing.T) {
	t.Parallel()
	for i := range 8 {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			t.Parallel()
			b := tracehooktest.New(t)
			for range 20 {
				_, span := b.TracerProvider().Tracer("t").Start(t.Context(), fmt.Sprint("span of ", i))
				span.End()
			}
			if all, own := b.Wait(20), b.Find(fmt.Sprint("span of ", i)); len(all) != 20 || len(own) != 20 {
				t.Errorf("%d spans, of which %d are of this test, want 20", len(all), len(own))
			}
		})
	}
}

func TestWaitSeesSpansOfOtherGoroutines(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := tracehooktest.New(t, tracehooktest.WithPatience(time.Hour))
		start := time.Now()
		var wg sync.WaitGroup
		for i := range 3 {
			wg.Go(func() {
				time.Sleep(time.Duration(i+1) * time.Minute) // in the bubble's time
				_, span := b.TracerProvider().Tracer("t").Start(t.Context(), "work", trace.WithAttributes(attribute.Int("n", i)))
				span.End()
			})
		}
		if got := b.WaitFor("work", attribute.Int("n", 1)); got.Name() != "work" || time.Since(start) != 2*time.Minute {
			t.Errorf("%q after %v", got.Name(), time.Since(start))
		}
		if got := b.Wait(3); len(got) != 3 || time.Since(start) != 3*time.Minute {
			t.Errorf("%d spans after %v", len(got), time.Since(start))
		}
		wg.Wait()
	})
}

func TestWaitEndsTheTestInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		b := tracehooktest.New(f, tracehooktest.WithPatience(time.Minute))
		_, open := b.TracerProvider().Tracer("t").Start(t.Context(), "open")
		_, ended := b.TracerProvider().Tracer("t").Start(t.Context(), "ended")
		ended.End()
		if got := b.WaitFor("missing", attribute.Bool("vip", true)); got != nil {
			t.Errorf("it found %v", got)
		}
		b.Wait(2)
		want := "tracehooktest: no span \"missing\" with vip=true within 1m0s\nended: \"ended\"\nopen: \"open\"\n" +
			"tracehooktest: no 2 spans within 1m0s\nended: \"ended\"\nopen: \"open\""
		if got := f.text(); got != want {
			t.Errorf("it says\n%s\nwant\n%s", got, want)
		}
		open.End()
		f.end()
	})
}

func TestWithoutOpenSpans(t *testing.T) {
	t.Parallel()
	for _, asked := range []bool{false, true} {
		f := newFake(t)
		var opts []tracehooktest.Option
		if asked {
			opts = append(opts, tracehooktest.WithoutOpenSpans())
		}
		b := tracehooktest.New(f, opts...)
		meta := tracehook.NewMeta().WithContext(t.Context())
		leaked := b.Hook().Begin(meta, "leaked", nil)
		_, ended := b.TracerProvider().Tracer("t").Start(meta.Context(), "ended")
		ended.End()
		f.end()
		want := ""
		if asked {
			want = `tracehooktest: spans that were begun and have not ended: "leaked"`
		}
		if got := f.text(); got != want {
			t.Errorf("asked %v: it says %q, want %q", asked, got, want)
		}
		leaked.End()
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	b := tracehooktest.New(t)
	checkout(b.TracerProvider(), "cart")
	sqlite := attribute.String("db.system.name", "sqlite")
	for _, test := range []struct {
		name  string
		attrs []attribute.KeyValue
		want  int
	}{
		{"SELECT cart", nil, 1},
		{"SELECT cart", []attribute.KeyValue{sqlite}, 1},
		{"SELECT cart", []attribute.KeyValue{sqlite, attribute.Bool("vip", true)}, 0},
		{"SELECT", nil, 0},
		{"", nil, 3},
		{"", []attribute.KeyValue{sqlite}, 1},
		{"", []attribute.KeyValue{attribute.String("http.response.status_code", "200")}, 0},
	} {
		if got := b.Find(test.name, test.attrs...); len(got) != test.want {
			t.Errorf("Find(%q, %v) found %d spans, want %d", test.name, test.attrs, len(got), test.want)
		}
	}
	b.Reset()
	if got := b.Spans(); len(got) != 0 {
		t.Errorf("%d spans after Reset", len(got))
	}
}

func TestWithSiblingsByName(t *testing.T) {
	t.Parallel()
	tree := func(order ...string) string {
		b := tracehooktest.New(t, tracehooktest.WithSiblingsByName())
		ctx, root := b.TracerProvider().Tracer("t").Start(t.Context(), "root")
		for _, name := range order {
			_, span := b.TracerProvider().Tracer("t").Start(ctx, name)
			span.End()
		}
		root.End()
		return b.Tree()
	}
	if x, y := tree("a", "b", "c"), tree("c", "a", "b"); x != y {
		t.Errorf("one order:\n%s\nanother:\n%s", x, y)
	}
}

func TestWithBridge(t *testing.T) {
	t.Parallel()
	b := tracehooktest.New(t, tracehooktest.WithBridge(
		bridge.WithRedactor(func(key string, v attribute.Value) attribute.Value {
			if key == "db.system.name" {
				return attribute.StringValue("hidden")
			}
			return v
		}),
	))
	checkout(b.TracerProvider(), "cart")
	if got := b.Find("SELECT cart", attribute.String("db.system.name", "hidden")); len(got) != 1 {
		t.Errorf("what a connection exports redacted isn't found: %s", b.Tree())
	}
}
