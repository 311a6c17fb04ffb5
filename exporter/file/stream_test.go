package file_test

import (
	"bytes"
	"errors"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/file"
	"github.com/tracehook/tracehook/exporter/report"
)

// short is a stream that takes so many bytes.
type short struct {
	bytes.Buffer
	most int
}

func (s *short) Write(p []byte) (int, error) {
	if n := s.most - s.Len(); n < len(p) {
		_, _ = s.Buffer.Write(p[:n])
		return n, errors.New("broken pipe")
	}
	return s.Buffer.Write(p)
}

func TestStandardOutputIsNoFile(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("NOT TESTED: there is no /dev/stdout on this system")
	}
	for path, most := range map[string]int{"/dev/stdout": 20, "/dev/fd/2": 14, "/dev/stderr": 21} {
		w := &short{most: most}
		err := file.Driver().Check(exporter.Settings{Setting: map[string]any{"path": path, "compress": true, "maxage": "7d"}})
		if got := keys(err); !slices.Equal(sorted(got), []string{"setting.compress", "setting.maxage"}) {
			t.Errorf("Check of a stream with settings of a file: %v, want both refused", err)
		}
		s := exporter.Settings{Format: "%name%", Stdout: w, Stderr: w, Setting: map[string]any{"path": path}}
		if err := file.Driver().Check(s); err != nil {
			t.Errorf("Check: %v", err)
		}
		if claims := file.Driver().Claims(s); claims != nil {
			t.Errorf("%s claims %q, though anybody may write to it", path, claims)
		}
		e, err := file.Driver().New(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		if err := e.ExportSpans(t.Context(), spans(0, 2)); err != nil {
			t.Error(err)
		}
		var result *report.Result
		if err := e.ExportSpans(t.Context(), spans(2, 4)); !errors.As(err, &result) || result.Exported != most/7-2 || result.Failed != 4-most/7 || !strings.Contains(err.Error(), path) {
			t.Errorf("%d bytes: err = %v, want the spans counted that are there whole, and the name of the stream", most, err)
		}
		if err := e.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if got := w.String(); got != "span-0\nspan-1\nspan-2\n"[:most] {
			t.Errorf("%s has %q", path, got)
		}
	}
}
