package file_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tracehook/tracehook/exporter/file/internal/filetest"
)

// Shared with the tests of package readback.
var (
	epoch                     = filetest.Epoch
	span, spans, rich         = filetest.Span, filetest.Spans, filetest.Rich
	open, shut, export, names = filetest.Open, filetest.Shut, filetest.Export, filetest.Names
	write, zipped             = filetest.Write, filetest.Zipped
	readNames, wantNames      = filetest.ReadNames, filetest.WantNames
)

type line = filetest.Line

func read(tb testing.TB, path string) string {
	tb.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	if strings.HasSuffix(path, ".gz") {
		zip, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			tb.Fatal(err)
		}
		if data, err = io.ReadAll(zip); err != nil {
			tb.Fatal(err)
		}
	}
	return string(data)
}

// all is the content of all files of a directory, torn ones aside.
func all(tb testing.TB, dir string) string {
	tb.Helper()
	var b strings.Builder
	for _, name := range names(tb, dir) {
		if !strings.HasSuffix(name, ".torn") {
			b.WriteString(read(tb, filepath.Join(dir, name)))
		}
	}
	return b.String()
}

func appendTo(tb testing.TB, path, content string) {
	tb.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := f.WriteString(content); err != nil {
		tb.Fatal(err)
	}
	if err := f.Close(); err != nil {
		tb.Fatal(err)
	}
}

// clock is a clock that stands still until it is set.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = t
}

func sorted(list []string) []string {
	return slices.Sorted(slices.Values(list))
}
