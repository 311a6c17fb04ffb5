package file

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/encode"
	"github.com/tracehook/tracehook/exporter/encode/redact"
	"github.com/tracehook/tracehook/exporter/report"
)

// Exporter writes spans to a file. Its methods may be called concurrently. Make one with
// [New].
type Exporter struct {
	mu      sync.Mutex
	w       *writer
	stream  io.Writer // nil: w
	encoder encode.Encoder
	redacts bool // the encoder does
	batch   batch
	weights []int // spans in each record of batch
	down    bool
	dirty   bool // written, not synced

	janitor *janitor
	quit    chan struct{}
	syncer  sync.WaitGroup
}

// Sizes that bound the memory of an Exporter, whatever a batch holds.
const (
	flushAt  = 4 << 20  // a batch is written when it has that many bytes, and goes on
	keepMost = 16 << 20 // a buffer that grew beyond it for one huge span is let go
	perLine  = 128      // spans in one record of an encoding that takes many
)

// New opens the file at path for appending and makes it, and its directory, if they are
// missing. It fails if another process, or another Exporter, writes to that file.
func New(path string, opts ...Option) (*Exporter, error) {
	s := defaults()
	for _, opt := range opts {
		opt(&s)
	}
	if problem := pathProblem(path); problem != "" {
		return nil, fmt.Errorf("file %q: %s", path, problem)
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("file %q: %w", path, err)
	}
	s.path = abs
	if s.encoder == nil {
		if s.encoder, err = encode.NewJSON(exporter.Settings{}); err != nil {
			return nil, fmt.Errorf("file %q: %w", path, err)
		}
	}
	if err := s.valid(); err != nil {
		return nil, fmt.Errorf("file %q: %w", path, err)
	}
	return open(context.Background(), s)
}

// valid refuses options that can't be meant.
func (s *settings) valid() error {
	switch {
	case s.maxSize <= 0:
		return fmt.Errorf("a maximal size of %d bytes leaves no room for a span", s.maxSize)
	case s.maxLines < 0 || s.maxFiles < 0 || s.maxAge < 0:
		return errors.New("limits must not be negative")
	case s.slice > Yearly:
		return fmt.Errorf("no slice has the number %d", s.slice)
	case s.mode&^0o777 != 0 || s.mode&0o600 != 0o600:
		return fmt.Errorf("mode %#o: want permission bits that let the owner read and write, such as 0600", s.mode)
	case s.dirMode&^(0o777|os.ModeSetgid|os.ModeSticky) != 0 || s.dirMode&0o700 != 0o700:
		return fmt.Errorf("directory mode %v: want permission bits that leave all to the owner, such as 0700", s.dirMode)
	case s.shared && !canLock:
		return errors.New("a shared file needs advisory locks, which this system doesn't have")
	}
	return nil
}

func open(ctx context.Context, s settings) (*Exporter, error) {
	e := &Exporter{encoder: s.encoder, quit: make(chan struct{})}
	if e.stream = s.stream(); e.stream != nil {
		e.w, e.janitor = newWriter(s, func() {}), &janitor{}
		return e, nil
	}
	s.kind = s.encoder.Kind()
	var err error
	if s.path, err = target(s.path); err != nil {
		return nil, fmt.Errorf("file %q: %w", s.path, err)
	}
	if _, own := s.fs.(osFS); own {
		s.fs = osFS{anyOwner: s.foreign(), group: s.dirGroup}
	}
	e.janitor = newJanitor(s)
	e.w = newWriter(s, e.janitor.rotated)
	err = e.w.begin(ctx)
	if err == nil {
		_, err = e.w.end()
	}
	if err != nil {
		e.w.close()
		e.w.presence.drop()
		return nil, fmt.Errorf("file %q: %w", s.path, err)
	}
	if err := e.janitor.dropTorn(); err != nil {
		s.logger.Warn("old half records couldn't be removed; the next start tries it again", "file", s.path, "error", err)
	}
	e.janitor.start(context.WithoutCancel(ctx))
	if s.sync > 0 {
		e.syncer.Go(func() { e.syncEvery(time.Duration(s.sync)) })
	}
	return e, nil
}

// Redact makes the exporter redact spans with r, if its encoder can do so and doesn't redact yet. It
// implements [redact.Writer].
func (e *Exporter) Redact(r *redact.Redactor) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	encoder, ok := e.encoder.(interface{ Redact(r *redact.Redactor) })
	if !ok || e.redacts {
		return false
	}
	encoder.Redact(r)
	e.redacts = true
	return true
}

// ExportSpans appends spans to the file, with one write unless the batch is longer than
// 4 MiB or a file fills up on the way. When it returns nil, all of them are in the file, and
// under [SyncBatch] on the disk. Its error is an
// [*report.Result], which counts exactly; the next call tries again from the start: it makes a
// directory that has vanished, and opens the file anew. Nil spans are skipped. After Shutdown
// it does nothing. It holds no span after it has returned.
func (e *Exporter) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.down || len(spans) == 0 {
		return nil
	}
	done, err := 0, ctx.Err()
	switch {
	case err != nil:
	case e.stream != nil:
		done, err = e.exportStream(spans)
	default:
		done, err = e.export(ctx, spans)
	}
	if err == nil {
		return nil
	}
	return &report.Result{Exported: done, Failed: count(spans) - done, Err: fmt.Errorf("file %q: %w", e.w.path, err)}
}

func (e *Exporter) export(ctx context.Context, spans []sdktrace.ReadOnlySpan) (int, error) {
	if err := e.w.begin(ctx); err != nil {
		return 0, err
	}
	var kept error
	e.weights = e.weights[:0]
	e.batch.reset()
	for len(spans) > 0 {
		n := min(e.step(), len(spans))
		e.encode(spans[:n])
		spans = spans[n:]
		if len(spans) > 0 && len(e.batch.buf) < flushAt {
			continue
		}
		if err := e.w.append(&e.batch); err != nil {
			kept = errors.Join(kept, err)
			if e.w.broken || e.w.f == nil {
				break
			}
		}
		e.batch.reset()
		if kept == nil {
			kept = ctx.Err()
		}
		if ctx.Err() != nil {
			break
		}
	}
	e.trim()
	records, err := e.w.end()
	e.dirty = e.dirty || records > 0
	done := 0
	for _, weight := range e.weights[:records] {
		done += weight
	}
	return done, errors.Join(kept, err)
}

// step is how many spans one record holds at most.
func (e *Exporter) step() int {
	if e.encoder.Batched() {
		return perLine
	}
	return 1
}

// trim lets a buffer go that grew for one huge span.
func (e *Exporter) trim() {
	if cap(e.batch.buf) > keepMost {
		e.batch.buf = nil
	}
}

// encode appends one record that holds spans.
func (e *Exporter) encode(spans []sdktrace.ReadOnlySpan) {
	before := len(e.batch.buf)
	e.batch.buf = e.encoder.Append(e.batch.buf, spans)
	if len(e.batch.buf) > before {
		e.batch.ends = append(e.batch.ends, len(e.batch.buf))
		e.weights = append(e.weights, count(spans))
	}
}

// count returns the number of spans that aren't nil.
func count(spans []sdktrace.ReadOnlySpan) (n int) {
	for _, span := range spans {
		if span != nil {
			n++
		}
	}
	return n
}

// syncEvery syncs in the background without keeping writers waiting.
func (e *Exporter) syncEvery(d time.Duration) {
	tick := time.NewTicker(d)
	defer tick.Stop()
	for {
		select {
		case <-e.quit:
			return
		case <-tick.C:
		}
		e.mu.Lock()
		f, dirty := e.w.f, e.dirty
		e.dirty = false
		e.mu.Unlock()
		if f == nil || !dirty {
			continue
		}
		if err := f.Sync(); err != nil && !errors.Is(err, os.ErrClosed) {
			e.w.logger.Warn("the trace file couldn't be forced to the disk; a power loss may cost what was written last", "file", e.w.path, "error", err)
			e.mu.Lock()
			e.dirty = true
			e.mu.Unlock()
		}
	}
}

// Shutdown writes nothing more, syncs the file unless the policy is [SyncNever], and gives
// it back. It waits until rotated files are compressed, or until ctx is done: then the
// rest is compressed when the file is next opened. Only the first call does something.
func (e *Exporter) Shutdown(ctx context.Context) error {
	e.mu.Lock()
	if e.down {
		e.mu.Unlock()
		return nil
	}
	e.down = true
	close(e.quit)
	err := e.w.shutdown()
	e.mu.Unlock()
	e.syncer.Wait()
	e.janitor.shutdown(ctx)
	e.w.presence.drop()
	if err != nil {
		return fmt.Errorf("file %q: %w", e.w.path, err)
	}
	return nil
}

// MarshalLog is what the SDK's logger shows.
func (e *Exporter) MarshalLog() any {
	return struct{ Type, Path, Encoding string }{"file", e.w.path, e.encoder.Kind()}
}
