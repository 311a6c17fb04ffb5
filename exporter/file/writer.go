package file

import (
	"bytes"
	"context"
	"errors"
	"os"
	"sort"

	"github.com/tracehook/tracehook/exporter/file/internal/rotation"
)

// batch is a run of encoded records. buf[0] is a newline and belongs to no record: it is
// written too when the file ends within a line.
type batch struct {
	buf  []byte
	ends []int // where each record ends in buf
}

func (b *batch) reset()   { b.buf, b.ends = append(b.buf[:0], '\n'), b.ends[:0] }
func (b *batch) len() int { return len(b.ends) }

func (b *batch) start(i int) int {
	if i == 0 {
		return 1
	}
	return b.ends[i-1]
}

// writer appends batches to the active file. Its methods must not be called concurrently.
//
// A batch is a transaction: begin, append as often as needed, end. Between the first append
// and end the bytes after base are ours and unacknowledged; they are all that is ever cut.
type writer struct {
	settings
	family   rotation.Family
	presence lock // shared or exclusive, as long as the writer lives
	turn     lock // exclusive, one batch, only if the file is shared

	f      handle // nil: to be opened
	info   os.FileInfo
	size   int64
	lines  int64 // kept only if they are limited
	period period
	torn   bool           // the file ends within a line that can't be moved away
	last   rotation.Stamp // of the newest rotated file
	cut    *cut

	base    int64 // size at the start of the batch, or of the file if it is younger
	pending int   // records written since base
	done    int   // records that count as written
	broken  bool  // f must be opened again

	warned    string // what was said about the directory
	unrotated bool   // nothing can be made beside the file
	rotated   func()
}

func newWriter(s settings, rotated func()) *writer {
	w := &writer{settings: s, family: rotation.NewFamily(s.path), rotated: rotated}
	w.presence = lock{fs: s.fs, path: s.path + rotation.Lock, mode: lockMode(s.mode), signs: true}
	w.turn = lock{fs: s.fs, path: s.path + ".write" + rotation.Lock, mode: lockMode(s.mode)}
	return w
}

// begin makes the active file ready for a batch: it opens it, or follows it if another
// program has renamed, removed or truncated it.
func (w *writer) begin(ctx context.Context) error {
	w.done, w.pending, w.broken = 0, 0, false
	if err := w.prepare(ctx); err != nil {
		w.endTurn()
		return err
	}
	w.base = w.size
	return nil
}

func (w *writer) prepare(ctx context.Context) error {
	if w.f == nil {
		if err := w.acquire(); err != nil {
			return err
		}
	}
	if w.shared {
		if err := w.turn.wait(ctx, true); err != nil {
			return err
		}
	}
	if w.f == nil {
		return w.open()
	}
	return w.follow()
}

// append writes the records of b in as few writes as the limits of a file allow: one,
// unless the file is full on the way. After an error the rest of the batch is lost; end
// says what is not.
func (w *writer) append(b *batch) error {
	var kept error
	for i := 0; i < b.len(); {
		n := w.fit(b, i)
		if n == 0 {
			switch err := w.rotate(); {
			case err != nil && w.f == nil, w.broken:
				return err
			case err != nil: // longer than it should be is better than lost
				kept, n = err, b.len()-i
			default:
				continue
			}
		}
		if err := w.put(b, i, i+n); err != nil {
			return errors.Join(kept, err)
		}
		i += n
	}
	return kept
}

// fit counts the records from i on that the active file has room for.
func (w *writer) fit(b *batch, i int) int {
	if w.unrotated {
		return b.len() - i
	}
	if w.size > 0 && w.slice != NoSlice && w.slice.period(w.now()) != w.period {
		return 0
	}
	room := min(max(w.maxSize-w.size, 0), int64(len(b.buf))) // no overflow
	n := sort.SearchInts(b.ends[i:], b.start(i)+int(room)+1)
	if w.maxLines > 0 {
		lines := w.lines
		for k := range n {
			lines += countLines(b.buf[b.start(i+k):b.ends[i+k]])
			if lines > w.maxLines {
				n = k
				break
			}
		}
	}
	if n == 0 && w.size == 0 {
		return 1 // it wouldn't fit into any file
	}
	return n
}

func countLines(p []byte) int64 { return int64(bytes.Count(p, []byte{'\n'})) }

// put writes the records from i to before j with one write.
func (w *writer) put(b *batch, i, j int) error {
	start, end := b.start(i), b.ends[j-1]
	if w.torn { // the byte before is ours: a newline of the last record, or buf[0]
		start--
		saved := b.buf[start]
		b.buf[start] = '\n'
		defer func() { b.buf[start] = saved }()
	}
	if w.size == 0 {
		w.period = w.slice.period(w.now())
	}
	n, err := w.f.Write(b.buf[start:end])
	if n > 0 {
		w.torn = false
	}
	whole := end
	if err != nil {
		j = i + sort.SearchInts(b.ends[i:j], start+n+1)
		whole = min(max(b.start(j), start), start+n)
		w.broken = true
	}
	from := w.size
	w.size += int64(n)
	w.pending += j - i
	if w.maxLines > 0 {
		w.lines += countLines(b.buf[start:whole])
	}
	if err != nil {
		w.undo(from + int64(whole-start))
	}
	return err
}

// end makes the batch durable if it has to be, and says how many of its records are in the
// file.
func (w *writer) end() (done int, err error) {
	if w.f != nil && w.sync == SyncBatch {
		err = w.syncPending()
	}
	w.done += w.pending
	w.pending = 0
	if w.broken {
		w.close()
	}
	w.endTurn()
	return w.done, err
}

// syncPending syncs the records since base. What can't be synced is taken back, so that the file and
// the count agree.
func (w *writer) syncPending() error {
	if w.pending == 0 {
		return nil
	}
	if err := w.f.Sync(); err != nil {
		w.undo(w.base)
		w.pending = 0
		w.broken = true
		return err
	}
	w.done += w.pending
	w.pending = 0
	w.base = w.size
	return nil
}

// endTurn lets other processes have their turn.
func (w *writer) endTurn() {
	if w.shared {
		w.turn.drop()
	}
}

// close closes the active file; the next batch opens it again.
func (w *writer) close() {
	if w.f == nil {
		return
	}
	if w.sync > 0 { // later nobody would
		if err := w.f.Sync(); err != nil {
			w.logger.Warn("the trace file couldn't be forced to the disk before it was closed", "file", w.path, "error", err)
		}
	}
	w.release()
}

// release closes the active file, if it is open, without a sync.
func (w *writer) release() {
	if w.f == nil {
		return
	}
	if err := w.f.Close(); err != nil {
		w.logger.Warn("the trace file couldn't be closed", "file", w.path, "error", err)
	}
	w.f, w.info = nil, nil
}

// shutdown gives the file back.
func (w *writer) shutdown() error {
	var err error
	if w.f != nil && w.sync != SyncNever {
		err = w.f.Sync()
	}
	w.release()
	w.endTurn()
	return err
}
