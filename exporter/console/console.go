package console

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/encode"
	"github.com/tracehook/tracehook/exporter/report"
	"github.com/tracehook/tracehook/internal/stdstream"
)

// Exporter writes lines or trees. It is safe for concurrent use; it blocks as long as its
// streams do.
type Exporter struct {
	encoding string

	mu       sync.Mutex
	lines    *lines // one of these two
	trees    *trees
	overdue  *time.Timer // draws trees whose root doesn't come; nil if none waits
	shutdown bool
}

var _ sdktrace.SpanExporter = (*Exporter)(nil)

// New returns an exporter. Of s it reads JSON, Format, Fields, Flag, Identity, the streams
// and Setting:
//
//   - color: "auto" (default), "always" or "never". Auto colors trees on a terminal, unless the
//     environment variable NO_COLOR is set or TERM is "dumb".
//   - width: the longest line of a tree in cells, from 40 to 1000; 0 (default) is the
//     terminal's width, or 120 where there is none.
//   - nanos: "number" (default), or "text" for readers of JSON lines that round Unix
//     nanoseconds.
//   - max_spans: how many spans wait for the root of their trace at most (10,000).
//   - max_age: how long they wait at most (10s). What has waited for so long is drawn as it
//     is; if that can't be written, s.Logger is told.
//
// The error joins a [setting.Problem] for each thing that is wrong.
func New(s exporter.Settings) (*Exporter, error) {
	if s.Stdout == nil {
		s.Stdout = os.Stdout
	}
	if s.Stderr == nil {
		s.Stderr = os.Stderr
	}
	drawn, err := newTrees(s)
	if s.Format == treeFormat && !s.JSON {
		if len(s.Fields) > 0 {
			err = errors.Join(err, s.Problem("fields", "a tree has no fields to map: remove them, or use another format"))
		}
		if err != nil {
			return nil, err
		}
		return &Exporter{encoding: treeFormat, trees: drawn}, nil
	}
	kind := "text"
	if s.JSON {
		kind = "json"
	}
	encoder, encoderErr := encode.New(kind, s)
	if err := errors.Join(err, encoderErr); err != nil {
		return nil, err
	}
	if json, ok := encoder.(*encode.JSON); ok && drawn.textNanos {
		json.NanosAsText()
	}
	return &Exporter{encoding: kind, lines: &lines{encoder: encoder, good: stream{w: stdstream.Writer(s.Stdout)}, bad: stream{w: stdstream.Writer(s.Stderr)}}}, nil
}

// ExportSpans writes spans: lines in one write for those that are not ok, then one for the
// others; trees in one write for all that are ready. It does nothing if ctx is done, whose
// error it returns, or after Shutdown. A write error says how many spans it cost
// ([report.Result]).
func (e *Exporter) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.shutdown {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if e.trees != nil {
		err := e.trees.export(spans)
		e.wait()
		return err
	}
	return e.lines.export(spans)
}

// wait has the trees that wait drawn when it is time, unless that is arranged already. A
// request that hangs would not be seen otherwise until another one ends.
func (e *Exporter) wait() {
	if e.overdue != nil {
		return
	}
	if due, ok := e.trees.collector.Due(); ok {
		e.overdue = time.AfterFunc(due.Sub(e.trees.now()), e.drawOverdue)
	}
}

func (e *Exporter) drawOverdue() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.shutdown {
		return
	}
	e.overdue = nil
	if err := e.trees.export(nil); err != nil {
		e.trees.logger.Warn("traces whose root didn't come couldn't be drawn", "error", err)
	}
	e.wait()
}

// Shutdown draws the trees that wait for their root, and makes later exports do nothing.
// The streams stay open. Its error is that of the last write. A second call does nothing.
func (e *Exporter) Shutdown(context.Context) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.shutdown {
		return nil
	}
	e.shutdown = true
	if e.overdue != nil {
		e.overdue.Stop()
	}
	if e.trees != nil {
		return e.trees.rest()
	}
	return nil
}

// MarshalLog describes the exporter for OTel's own log.
func (e *Exporter) MarshalLog() any {
	return struct{ Type, Encoding string }{"console", e.encoding}
}

// maxKept bounds the buffer that is kept between batches: one huge span must not cost its
// memory for ever.
const maxKept = 1 << 20

// lines writes each span as a line.
type lines struct {
	encoder   encode.Encoder
	view      encode.View
	good, bad stream
}

// stream collects what one write will carry.
type stream struct {
	w     io.Writer
	buf   []byte
	spans int
}

func (l *lines) export(spans []sdktrace.ReadOnlySpan) error {
	for i, s := range spans {
		if s == nil {
			continue
		}
		l.view.Read(s)
		to := &l.good
		if !l.view.OK() {
			to = &l.bad
		}
		to.buf = l.encoder.Append(to.buf, spans[i:i+1])
		to.spans++
	}
	l.view.Forget()
	var result report.Result
	l.bad.write("error", &result)
	l.good.write("output", &result)
	if result.Err == nil {
		return nil
	}
	failure := result // apart, so that only a failure allocates
	return &failure
}

func (s *stream) write(name string, result *report.Result) {
	if s.spans == 0 {
		return
	}
	if _, err := s.w.Write(s.buf); err != nil {
		result.Failed += s.spans
		result.Err = errors.Join(result.Err, fmt.Errorf("write to the %s stream: %w", name, err))
	} else {
		result.Exported += s.spans
	}
	s.spans = 0
	s.buf = s.buf[:0]
	if cap(s.buf) > maxKept {
		s.buf = nil
	}
}
