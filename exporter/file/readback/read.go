package readback

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"strings"

	"github.com/tracehook/tracehook/exporter/encode"
	"github.com/tracehook/tracehook/exporter/file/internal/rotation"
)

// Encodings that differ for a reader. OTLP is JSON until its key tells.
const (
	kindJSON = "json"
	kindText = "text"
	kindYAML = "yaml"
)

type yieldFunc = func(Record, error) bool

// reader reads files. Its methods return false when the iteration has ended.
type reader struct {
	kind      string
	maxRecord int
	wanted    func(raw []byte) bool // nil: all records
	raw       bool                  // JSON isn't decoded
	sources   map[string]string     // the source of a renamed field
	names     map[string]string     // the first name of each source
}

func newReader(opts []Option) *reader {
	r := &reader{maxRecord: DefaultMaxRecord, sources: make(map[string]string), names: make(map[string]string)}
	for _, opt := range opts {
		opt(r)
	}
	for _, source := range encode.Sources() {
		for _, name := range source.Names {
			r.names[name] = source.Names[0]
		}
	}
	return r
}

// Read iterates over what was written to path.
//
//   - A log file: the files that were rotated away from it, in the order of writing, and
//     then the file itself.
//   - A rotated file: that file alone.
//   - A directory: all logs in it, in the order of their names.
//
// Files that a writer rotates meanwhile are read once; files that it removes are skipped.
// The iteration ends at the end of what is there. Behind a writer that rotates faster than
// files are read, it ends before the active file.
//
// A record that can't be read comes as a [*RecordError], among them the half line that a
// dead writer has left, or that a living one is about to finish; then the iteration goes on.
// Memory is bounded by the longest record. Each iteration reads anew.
func Read(path string, opts ...Option) iter.Seq2[Record, error] {
	r := newReader(opts)
	return func(yield func(Record, error) bool) {
		logs, err := find(path)
		if err != nil {
			yield(Record{Path: path}, err)
			return
		}
		for _, l := range logs {
			if l.single && !r.path(l.Active(), yield) || !l.single && !r.log(l.Family, yield) {
				return
			}
		}
	}
}

// mostRounds bounds how often a reader follows a writer that rotates faster than it reads.
const mostRounds = 10

// log reads the rotated files of a family and then the active one.
func (r *reader) log(f rotation.Family, yield yieldFunc) bool {
	var last rotation.Stamp
	for round := 0; ; round++ {
		stamps, err := rotations(f, last)
		if err != nil {
			return yield(Record{Path: f.Dir}, err)
		}
		for _, last = range stamps {
			if !r.path(f.Rotated(last), yield) {
				return false
			}
		}
		active, err := os.Open(f.Active())
		if errors.Is(err, fs.ErrNotExist) {
			return true
		}
		if err != nil {
			return yield(Record{Path: f.Active()}, err)
		}
		// Files that were rotated before it was opened, or since, come first.
		if stamps, err := rotations(f, last); err != nil || len(stamps) == 0 {
			goOn := r.read(f.Active(), active, yield)
			_ = active.Close()
			return goOn
		}
		_ = active.Close()
		if round == mostRounds {
			return true
		}
	}
}

// path reads the file at path, or its compressed form. It skips a file that was removed.
func (r *reader) path(path string, yield yieldFunc) bool {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) && !strings.HasSuffix(path, rotation.Gzip) {
		path += rotation.Gzip
		f, err = os.Open(path)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return true
	}
	if err != nil {
		return yield(Record{Path: path}, err)
	}
	defer func() { _ = f.Close() }()
	if !strings.HasSuffix(path, rotation.Gzip) {
		return r.read(path, f, yield)
	}
	return r.zipped(path, f, yield)
}

// zipped reads the records of one compressed file.
func (r *reader) zipped(path string, src io.Reader, yield yieldFunc) bool {
	zip, err := gzip.NewReader(src)
	if err != nil {
		return yield(Record{Path: path}, &RecordError{Path: path, Line: 1, Err: fmt.Errorf("not a gzip file: %w", err)})
	}
	return r.read(path, zip, yield)
}

// read reads the records of one file.
func (r *reader) read(path string, src io.Reader, yield yieldFunc) bool {
	s := newScanner(src, r.maxRecord, r.kind)
	for {
		raw, line, err := s.next()
		if errors.Is(err, io.EOF) {
			return true
		}
		rec := Record{Path: path, Line: line, Raw: raw}
		switch {
		case err == nil && !r.record(rec, s.kind, yield):
			return false
		case err != nil && !yield(rec, &RecordError{Path: path, Line: line, Err: err}):
			return false
		case err != nil && !errors.Is(err, errTooLong):
			return true
		}
	}
}

// record decodes one record, which in OTLP may be many spans.
func (r *reader) record(rec Record, kind string, yield yieldFunc) bool {
	if kind == kindText {
		return yield(rec, nil)
	}
	if r.wanted != nil && kind == kindJSON && !r.wanted(rec.Raw) {
		return true
	}
	if r.raw && kind == kindJSON {
		return yield(rec, nil)
	}
	table, err := decode(rec.Raw, kind)
	if err != nil {
		return yield(rec, &RecordError{Path: rec.Path, Line: rec.Line, Err: err})
	}
	if groups, ok := table["resourceSpans"].([]any); ok {
		return otlpSpans(groups, func(s Span) bool {
			rec.Span = s
			return yield(rec, nil)
		})
	}
	rec.Span = r.span(table, kind)
	return yield(rec, nil)
}
