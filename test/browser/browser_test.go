package browser_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter/page"
)

// chromium returns the path of a Chromium, or skips the test so that nobody can overlook it.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("SKIPPED: THERE IS NO CHROMIUM HERE, so that nobody has seen the page work. " +
		"Install it (on Debian and Ubuntu: apt-get install chromium) and run this test again.")
	return ""
}

// shared is the one browser of all tests; each has a window of its own.
var shared = struct {
	sync.Once
	ctx  context.Context
	stop func()
}{}

func TestMain(m *testing.M) {
	code := m.Run()
	if shared.stop != nil {
		shared.stop()
	}
	os.Exit(code)
}

// open opens a window of the given size; what must not happen in our page is an error of the test.
func open(t *testing.T, width, height int) context.Context {
	t.Helper()
	ctx := quietly(t)
	watch(ctx, t)
	run(ctx, t, chromedp.EmulateViewport(int64(width), int64(height)))
	return ctx
}

// rebound is a name that the browser takes to be this machine, as a name server of somebody else
// could tell it.
const rebound = "rebound.example"

// rebind returns the address of a page under that name.
func rebind(address string) string { return strings.Replace(address, "127.0.0.1", rebound, 1) }

// quietly opens a window for pages of others.
func quietly(t *testing.T) context.Context {
	t.Helper()
	path := chromium(t)
	shared.Do(func() {
		opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox,
			chromedp.Flag("disable-gpu", true), chromedp.Flag("force-device-scale-factor", "1"), chromedp.Flag("lang", "en-US"),
			chromedp.Flag("host-resolver-rules", "MAP "+rebound+" 127.0.0.1"),
			chromedp.Env("TZ=UTC"), chromedp.WSURLReadTimeout(time.Minute))
		allocator, stop := chromedp.NewExecAllocator(context.Background(), opts...)
		// What a newer Chromium says and the driver doesn't know is no error.
		ctx, cancel := chromedp.NewContext(allocator, chromedp.WithErrorf(func(string, ...any) {}))
		//nolint:fatcontext // of the one browser
		shared.ctx, shared.stop = ctx, func() { cancel(); stop() }
		if err := chromedp.Run(ctx); err != nil {
			t.Fatal(err)
		}
	})
	ctx, cancel := chromedp.NewContext(shared.ctx)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func run(ctx context.Context, t *testing.T, actions ...chromedp.Action) {
	t.Helper()
	if err := chromedp.Run(ctx, actions...); err != nil {
		t.Fatal(err)
	}
}

// serve returns a page that shows spans.
func serve(t *testing.T, spans []sdktrace.ReadOnlySpan, opts ...page.Option) *page.Exporter {
	t.Helper()
	e, err := page.New(t.Context(), append([]page.Option{page.WithListen("127.0.0.1:0")}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Shutdown(context.Background()) })
	if err := e.ExportSpans(t.Context(), spans); err != nil {
		t.Fatal(err)
	}
	return e
}

// eval returns what a JavaScript expression is; a promise is awaited.
func eval[T any](ctx context.Context, t *testing.T, js string) T {
	t.Helper()
	var v T
	run(ctx, t, chromedp.Evaluate(js, &v, awaited))
	return v
}

// until waits until a JavaScript expression is true.
func until(ctx context.Context, t *testing.T, js string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	var ok bool
	if err := chromedp.Run(ctx, chromedp.Poll("Boolean("+js+")", &ok, chromedp.WithPollingInterval(5*time.Millisecond))); err != nil {
		t.Fatalf("it never was so: %s (%v)", js, err)
	}
}

// shoot writes a picture of the window into the directory $TRACEHOOK_SHOTS, if there is one.
func shoot(ctx context.Context, t *testing.T, name string) {
	t.Helper()
	dir := os.Getenv("TRACEHOOK_SHOTS")
	if dir == "" {
		return
	}
	var png []byte
	run(ctx, t, chromedp.CaptureScreenshot(&png))
	png, err := small(png)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644); err != nil {
		t.Fatal(err)
	}
}
