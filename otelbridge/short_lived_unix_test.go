//go:build unix

package otelbridge_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/otelbridge"
)

// shortEnv makes the test program one that ends some spans and then itself, as the variable says.
const shortEnv = "TRACEHOOK_TEST_SHORT"

const shortSpans = 20

// short is a program that lives shortly. It ends as how says.
func short(how, path string) {
	ctx, stop := context.Background(), func() {}
	if how == "SIGTERM that is handled" {
		ctx, stop = signal.NotifyContext(ctx, syscall.SIGTERM)
	}
	defer stop()
	cfg, err := config.Parse(fmt.Appendf(nil, "[trace.f]\ndriver = \"file\"\ntimeout = \"1h\"\nsync = %v\nsetting.path = %q\n", how == "sync", path), "toml")
	if err != nil {
		_, _ = fmt.Fprintln(os.Stdout, err)
		return
	}
	b, err := otelbridge.New(ctx, cfg)
	if err != nil {
		_, _ = fmt.Fprintln(os.Stdout, err)
		return
	}
	work := func() {
		for range shortSpans {
			_, s := b.TracerProvider().Tracer("t").Start(context.Background(), "n")
			s.End()
		}
	}
	switch how {
	case "Shutdown":
		defer func() { _ = b.Shutdown(context.Background()) }()
		work()
		return
	case "panic below Shutdown":
		defer func() { _ = b.Shutdown(context.Background()) }()
		work()
		panic("x") //nolint:forbidigo // it is what is tested
	case "ForceFlush":
		work()
		_ = b.ForceFlush(ctx)
	default:
		work()
	}
	_, _ = fmt.Fprintln(os.Stdout, "ended")
	if strings.HasPrefix(how, "SIG") {
		<-ctx.Done()
		if ctx.Err() != nil {
			_ = b.Shutdown(context.WithoutCancel(ctx))
		}
	}
}

// docs/operating.md says what becomes of spans that wait when a program ends.
func TestProgramsThatLiveShortly(t *testing.T) {
	t.Parallel()
	if how, path, ok := strings.Cut(os.Getenv(shortEnv), "|"); ok {
		short(how, path)
		os.Exit(0) //nolint:forbidigo // a process of its own, and this is what it tests
	}
	for _, tt := range []struct {
		how    string
		signal os.Signal
		want   int
	}{
		{"Shutdown", nil, shortSpans},
		{"os.Exit", nil, 0},
		{"panic below Shutdown", nil, shortSpans},
		{"ForceFlush", nil, shortSpans},
		{"sync", nil, shortSpans},
		{"SIGTERM", syscall.SIGTERM, 0},
		{"SIGTERM that is handled", syscall.SIGTERM, shortSpans},
		{"SIGKILL", syscall.SIGKILL, 0},
	} {
		t.Run(tt.how, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "trace.log")
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestProgramsThatLiveShortly$")
			cmd.Env = append(os.Environ(), shortEnv+"="+tt.how+"|"+path)
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			if tt.signal != nil {
				if line, err := bufio.NewReader(out).ReadString('\n'); line != "ended\n" {
					t.Fatalf("it said %q, %v", line, err)
				}
				if err := cmd.Process.Signal(tt.signal); err != nil {
					t.Fatal(err)
				}
			}
			_ = cmd.Wait()
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Count(string(data), "\n"); got != tt.want {
				t.Errorf("%d spans are in the file, want %d", got, tt.want)
			}
		})
	}
}
