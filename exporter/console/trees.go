package console

import (
	"fmt"
	"io"
	"log/slog"
	"math"
	"os"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"golang.org/x/term"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/encode"
	"github.com/tracehook/tracehook/exporter/report"
	"github.com/tracehook/tracehook/exporter/tree"
	"github.com/tracehook/tracehook/internal/stdstream"
	"github.com/tracehook/tracehook/setting"
)

const treeFormat = "tree"

// narrowest is the shortest line that can be asked for, as [tree.Style] draws none shorter.
const narrowest = 40

// trees draws each trace when it is ready.
type trees struct {
	w         io.Writer
	terminal  *os.File // nil if w isn't one
	width     int      // 0: the terminal's
	style     tree.Style
	collector *tree.Collector
	view      encode.View
	buf       []byte
	logger    *slog.Logger
	now       func() time.Time
	textNanos bool // of JSON lines
}

func newTrees(s exporter.Settings) (*trees, error) {
	d := s.Table("setting")
	color := d.Word("auto", []string{"auto", "always", "never"}, "color")
	width := d.Int(0, 0, 1000, "width")
	maxSpans := d.Int(tree.DefaultMaxSpans, 1, math.MaxInt32, "max_spans")
	maxAge := d.DurationIn(tree.DefaultMaxAge, setting.Bounds{Least: time.Millisecond, Most: 24 * time.Hour, Bare: time.Hour}, "max_age")
	if width > 0 && width < narrowest {
		d.Problem("width", "%d is too small; the least is %d, and 0 is the width of the terminal", width, narrowest)
	}
	textNanos := d.Word("number", []string{"number", "text"}, "nanos") == "text"
	if textNanos && !s.JSON {
		d.Problem("nanos", "only JSON lines have them as numbers: set json = true, or leave it out")
	}
	t := &trees{textNanos: textNanos, w: stdstream.Writer(s.Stdout), width: width, collector: tree.NewCollector(maxSpans, maxAge), logger: s.Logger, now: time.Now}
	if t.logger == nil {
		t.logger = slog.New(slog.DiscardHandler)
	}
	if f, ok := s.Stdout.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		t.terminal = f
	}
	t.style.Color = color == "always" || color == "auto" && t.terminal != nil &&
		os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	return t, d.Err()
}

func (t *trees) export(spans []sdktrace.ReadOnlySpan) error {
	now := t.now()
	for _, s := range spans {
		if s != nil {
			t.view.Read(s)
			t.collector.Add(now, tree.FromView(&t.view))
		}
	}
	t.view.Forget()
	return t.draw(t.collector.Ready(now))
}

func (t *trees) rest() error { return t.draw(t.collector.Rest()) }

func (t *trees) draw(traces []tree.Trace) error {
	if len(traces) == 0 {
		return nil
	}
	t.style.Width = t.width
	if t.width == 0 && t.terminal != nil {
		// Asked each time: people resize windows.
		if width, _, err := term.GetSize(int(t.terminal.Fd())); err == nil {
			t.style.Width = width
		}
	}
	buf, spans := t.buf[:0], 0
	for _, trace := range traces {
		buf = t.style.Append(buf, trace)
		spans += len(trace.Spans)
	}
	if cap(buf) <= maxKept {
		t.buf = buf
	}
	if _, err := t.w.Write(buf); err != nil {
		return &report.Result{Failed: spans, Err: fmt.Errorf("write to the output stream: %w", err)}
	}
	return nil
}
