package file_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter/file"
	"github.com/tracehook/tracehook/exporter/report"
)

func TestExporterWritesJSONLines(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a", "b", "trace.log")
	e := open(t, path)
	export(t, e, spans(0, 3)...)
	var got []string
	for text := range strings.Lines(read(t, path)) {
		var v struct {
			Name       string
			Attributes struct{ N int }
		}
		if err := json.Unmarshal([]byte(text), &v); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		got = append(got, v.Name)
	}
	if diff := cmp.Diff([]string{"span-0", "span-1", "span-2"}, got); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
}

func TestExporterAppendsAfterRestart(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "trace.log")
	for n := range 3 {
		e := open(t, path, file.WithEncoder(line{}))
		export(t, e, span(n))
		shut(t, e)
	}
	if got, want := read(t, path), "span-0\nspan-1\nspan-2\n"; got != want {
		t.Errorf("file = %q, want %q", got, want)
	}
}

func TestExporterDoesNothingAfterShutdown(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "trace.log")
	e := open(t, path, file.WithEncoder(line{}))
	shut(t, e)
	export(t, e, span(0))
	shut(t, e)
	if got := read(t, path); got != "" {
		t.Errorf("file = %q, want it empty", got)
	}
}

func TestExporterCountsACanceledBatch(t *testing.T) {
	t.Parallel()
	e := open(t, filepath.Join(t.TempDir(), "trace.log"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := e.ExportSpans(ctx, []sdktrace.ReadOnlySpan{span(0), nil, span(1)})
	var partial *report.Result
	if !errors.As(err, &partial) || !errors.Is(err, context.Canceled) {
		t.Fatalf("err = %v, want a Result that wraps context.Canceled", err)
	}
	if partial.Exported != 0 || partial.Failed != 2 {
		t.Errorf("exported, failed = %d, %d, want 0, 2", partial.Exported, partial.Failed)
	}
}

func TestFilesHaveTheirMode(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ mode, lock os.FileMode }{
		{0o640, 0o600}, {0o666, 0o666}, {0o664, 0o660}, // the usual umasks take bits of each
	} {
		t.Run(fmt.Sprintf("%#o", test.mode), func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "store")
			path := filepath.Join(dir, "trace.log")
			opts := []file.Option{file.WithMode(test.mode), file.WithMaxLines(1), file.WithEncoder(line{}), file.WithShared(), file.WithCompression()}
			e := open(t, path, opts...)
			export(t, e, spans(0, 3)...)
			shut(t, e)
			if err := os.WriteFile(path, []byte("half"), 0); err != nil {
				t.Fatal(err)
			}
			shut(t, open(t, path, opts...))
			entries, err := os.ReadDir(dir)
			if err != nil {
				t.Fatal(err)
			}
			endings := make(map[string]bool)
			for _, e := range entries {
				want := test.mode
				if filepath.Ext(e.Name()) == ".lock" {
					want = test.lock
				}
				endings[filepath.Ext(e.Name())] = true
				info, err := e.Info()
				if err != nil {
					t.Fatal(err)
				}
				if info.Mode().Perm() != want {
					t.Errorf("mode of %s = %v, want %v", e.Name(), info.Mode(), want)
				}
			}
			for _, ending := range []string{".log", ".gz", ".torn", ".lock"} {
				if !endings[ending] {
					t.Errorf("no file %s was made", ending)
				}
			}
			info, err := os.Stat(dir)
			if err != nil {
				t.Fatal(err)
			}
			if info.Mode().Perm() != 0o700 {
				t.Errorf("mode of the directory = %v, want 0700", info.Mode())
			}
		})
	}
}

// huge is an encoder of 3 MiB a span, which ends the patience of its caller at a span.
type huge struct {
	line
	stopAt int
	stop   context.CancelFunc
	n      *int
}

func (h huge) Append(dst []byte, list []sdktrace.ReadOnlySpan) []byte {
	if *h.n++; *h.n == h.stopAt {
		h.stop()
	}
	return h.line.Append(append(dst, strings.Repeat("x", 3<<20)...), list)
}

func TestExporterWritesHugeBatchesInParts(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ stopAt, want int }{{0, 7}, {3, 4}} {
		ctx, cancel := context.WithCancel(t.Context())
		path := filepath.Join(t.TempDir(), "trace.log")
		e := open(t, path, file.WithEncoder(huge{stopAt: test.stopAt, stop: cancel, n: new(int)}))
		err := e.ExportSpans(ctx, spans(0, 7))
		cancel()
		var partial *report.Result
		switch {
		case test.want == 7 && err != nil:
			t.Errorf("err = %v", err)
		case test.want < 7 && (!errors.As(err, &partial) || !errors.Is(err, context.Canceled) || partial.Exported != test.want || partial.Failed != 7-test.want):
			t.Errorf("err = %v, want %d of 7 spans exported", err, test.want)
		}
		if got := strings.Count(read(t, path), "\n"); got != test.want {
			t.Errorf("%d spans in the file, want %d", got, test.want)
		}
	}
}
