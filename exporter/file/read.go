package file

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"github.com/tracehook/tracehook/exporter"
)

// DefaultMaxRecord is the longest record in bytes that [Read] takes: 16 MiB.
const DefaultMaxRecord = 16 << 20

// ReadOption changes what [Read] does.
type ReadOption func(*reader)

// WithMaxRecord sets the longest record in bytes. Longer ones are a [*RecordError] and
// skipped. The default is [DefaultMaxRecord]; values below 1 are ignored.
func WithMaxRecord(bytes int) ReadOption {
	return func(r *reader) {
		if bytes > 0 {
			r.maxRecord = bytes
		}
	}
}

// WithFieldNames says how fields were renamed when the files were written, so that they
// can be recognized.
func WithFieldNames(fields []exporter.FieldMapping) ReadOption {
	return func(r *reader) {
		for _, f := range fields {
			r.sources[f.Target] = f.Source
		}
	}
}

// WithKind says what all files are: "json", "otlp", "yaml" or "text". By default the first
// line of each file tells.
func WithKind(kind string) ReadOption { return func(r *reader) { r.kind = kind } }

type reader struct {
	kind      string
	maxRecord int
	sources   map[string]string // what a key stands for
	names     map[string]string // first name of each source
}

// Read iterates over what was written to path. If it is a file, that is what was rotated
// away from it, in the order of writing, plain or compressed, and then the file itself; a
// rotated file stands for itself alone. If it is a directory, it is all such files in it,
// in the order of their names. Files that a writer rotates meanwhile are read once; ones
// that it removes are skipped. It ends at the end of what is there, and doesn't wait for more; behind a
// writer that rotates faster than files are read, it ends before the active file.
//
// A record that can't be read comes as a [*RecordError], among them the half line that a
// dead writer has left, or that a living one is about to finish; then the iteration goes on.
// Memory is bounded by the longest record. Each iteration reads anew.
func Read(path string, opts ...ReadOption) iter.Seq2[Record, error] {
	r := &reader{maxRecord: DefaultMaxRecord, sources: make(map[string]string), names: make(map[string]string)}
	for _, opt := range opts {
		opt(r)
	}
	for _, source := range exporter.Sources() {
		for _, name := range source.Names {
			r.names[name] = source.Names[0]
		}
	}
	return func(yield func(Record, error) bool) {
		families, err := find(path)
		if err != nil {
			yield(Record{Path: path}, err)
			return
		}
		for _, f := range families {
			if !r.family(f, yield) {
				return
			}
		}
	}
}

// find says which families are to be read at path. One without a base is a single file.
func find(path string) ([]family, error) {
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return findFamilies(path)
	case err == nil && !info.Mode().IsRegular():
		return nil, fmt.Errorf("%q is neither a file nor a directory", path)
	}
	path = followed(path)
	dir, name := filepath.Split(path)
	if dir == "" {
		dir = "."
	}
	if _, rotated := familyOf(dir, name); rotated || strings.HasSuffix(name, gzEnding) {
		if err != nil {
			return nil, err
		}
		return []family{{dir: dir, single: name}}, nil
	}
	f := newFamily(path)
	if err != nil { // only rotated ones may be left
		if rest, _ := f.rotations(stamp{}); len(rest) == 0 {
			return nil, err
		}
	}
	return []family{f}, nil
}

// mostRounds bounds how often a reader goes after a writer that rotates faster than it reads.
const mostRounds = 10

// family reads the files of a family and says whether to go on.
func (r *reader) family(f family, yield func(Record, error) bool) bool {
	if f.single != "" {
		return r.path(filepath.Join(f.dir, f.single), yield)
	}
	var last stamp
	for round := 0; ; round++ {
		stamps, err := f.rotations(last)
		if err != nil {
			return yield(Record{Path: f.dir}, err)
		}
		for _, s := range stamps {
			if !r.rotated(f.rotated(s), yield) {
				return false
			}
			last = s
		}
		active, err := os.Open(f.active())
		if errors.Is(err, fs.ErrNotExist) {
			return true
		}
		if err != nil {
			return yield(Record{Path: f.active()}, err)
		}
		// If it was rotated before it was opened, or since, the rotated ones come first.
		if stamps, err := f.rotations(last); err == nil && len(stamps) > 0 {
			_ = active.Close()
			if round == mostRounds {
				return true // its writer is faster: what was read is whole up to here
			}
			continue
		}
		goOn := r.read(f.active(), active, yield)
		_ = active.Close()
		return goOn
	}
}

// rotated reads a rotated file, wherever its compression is.
func (r *reader) rotated(path string, yield func(Record, error) bool) bool {
	for _, name := range []string{path, path + gzEnding} {
		if _, err := os.Stat(name); err == nil {
			return r.path(name, yield)
		}
	}
	return true // removed meanwhile
}

func (r *reader) path(path string, yield func(Record, error) bool) bool {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) && !strings.HasSuffix(path, gzEnding) {
		path += gzEnding // compressed just now
		f, err = os.Open(path)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return true
	}
	if err != nil {
		return yield(Record{Path: path}, err)
	}
	defer func() { _ = f.Close() }()
	if !strings.HasSuffix(path, gzEnding) {
		return r.read(path, f, yield)
	}
	zip, err := gzip.NewReader(f)
	if err != nil {
		return yield(Record{Path: path}, &RecordError{Path: path, Line: 1, Err: fmt.Errorf("not a gzip file: %w", err)})
	}
	return r.read(path, zip, yield)
}

// read reads the records of one file.
func (r *reader) read(path string, src io.Reader, yield func(Record, error) bool) bool {
	s := newScanner(src, r.maxRecord, r.kind)
	for {
		raw, line, err := s.next()
		if errors.Is(err, io.EOF) {
			return true
		}
		rec := Record{Path: path, Line: line, Raw: raw}
		if err != nil {
			if !yield(rec, &RecordError{Path: path, Line: line, Err: err}) {
				return false
			}
			if errors.Is(err, errTooLong) {
				continue
			}
			return true
		}
		if !r.record(rec, s.kind, yield) {
			return false
		}
	}
}

// record decodes one record, which in OTLP may be many spans.
func (r *reader) record(rec Record, kind string, yield func(Record, error) bool) bool {
	if kind == kindText {
		return yield(rec, nil)
	}
	table, err := decodeTable(rec.Raw, kind)
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
