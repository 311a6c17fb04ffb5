package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"github.com/tracehook/tracehook/cmd/tracehook/internal/wire"
	"github.com/tracehook/tracehook/exporter/encode"
	"github.com/tracehook/tracehook/exporter/file/readback"
	"github.com/tracehook/tracehook/exporter/spool"
	"github.com/tracehook/tracehook/internal/clip"
)

// leaves returns what there is to read at s: of a directory and all below it, each log and each batch
// of a spool; otherwise s itself. Directories whose name begins with a dot are left out.
func (s source) leaves() ([]source, error) {
	if s.where == "-" || isPage(s.where) {
		return []source{s}, nil
	}
	if info, err := os.Stat(s.where); !isDirectory(info, err) {
		return []source{s}, nil // readback says what is wrong, or finds what was rotated away
	}
	var all []source
	err := filepath.WalkDir(s.where, func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil && path != s.where:
			return nil // it has gone, or isn't ours to read
		case err != nil:
			return err
		case !e.IsDir():
			return nil
		case path != s.where && strings.HasPrefix(e.Name(), "."):
			return filepath.SkipDir
		}
		return s.within(path, &all)
	})
	return all, err
}

func isDirectory(info fs.FileInfo, err error) bool { return err == nil && info.IsDir() }

// within adds what is in one directory.
func (s source) within(dir string, all *[]source) error {
	logs, err := readback.Logs(dir)
	if err != nil {
		return err
	}
	_, err = os.Lstat(filepath.Join(dir, "lock"))
	isSpool := err == nil || filepath.Base(dir) == "dead"
	for _, path := range logs {
		if _, stored := spool.StoredAt(path); isSpool && !stored {
			continue // what a spool notes beside its batches
		}
		leaf := s
		leaf.where, leaf.inside = path, true
		*all = append(*all, leaf)
	}
	return nil
}

// open reads one leaf.
func (r *reading) open(ctx context.Context, s source, follow bool) iter.Seq2[readback.Record, error] {
	switch {
	case s.where == "-":
		return readback.ReadFrom(r.in, "standard input", r.options(s)...)
	case isPage(s.where):
		return live(ctx, s, r.query, follow)
	}
	if f, ok := spool.StoredAt(s.where); ok {
		return stored(f)
	}
	return readback.Read(s.where, r.options(s)...)
}

// undecoded reads one leaf that is no batch of a spool; JSON is left as it is.
func (r *reading) undecoded(ctx context.Context, s source) iter.Seq2[readback.Record, error] {
	switch {
	case s.where == "-":
		return readback.ReadFrom(r.in, "standard input", readback.WithoutSpans(), readback.WithFieldNames(s.fields))
	case isPage(s.where):
		return live(ctx, s, r.query, false, readback.WithoutSpans())
	}
	return readback.Read(s.where, readback.WithoutSpans(), readback.WithFieldNames(s.fields))
}

// reader reads what was read already.
func reader(raw []byte) io.Reader { return bytes.NewReader(raw) }

// clipped is a text of a user for one cell.
func clipped(text string) string {
	if head := clip.Head(text, 40); len(head) < len(text) {
		text = head + "…"
	}
	return visible(text)
}

func visible(text string) string { return string(encode.AppendVisible(nil, text)) }

func quoted(text string) string { return strconv.Quote(clipped(text)) }

func (r *reading) options(s source) []readback.Option {
	if s.fields != nil { // the filter knows fields by their own names
		return []readback.Option{readback.WithFieldNames(s.fields)}
	}
	return []readback.Option{readback.WithFilter(r.query.Filter())}
}

// stored reads a batch of a spool.
func stored(f spool.Stored) iter.Seq2[readback.Record, error] {
	return func(yield func(readback.Record, error) bool) {
		data, err := message(f)
		if errors.Is(err, fs.ErrNotExist) {
			return // it has been sent
		}
		var line []byte
		if err == nil {
			line, err = wire.ToJSON(data)
		}
		if err != nil {
			yield(readback.Record{Path: f.Path}, &readback.RecordError{Path: f.Path, Line: 1, Err: err})
			return
		}
		readback.ReadFrom(bytes.NewReader(line), f.Path, readback.WithMaxRecord(len(line)))(yield)
	}
}

// message reads the request that a batch of a spool is.
func message(f spool.Stored) (*tracepb.TracesData, error) {
	if f.Kind != "otlp" {
		return nil, fmt.Errorf("a batch of %s isn't OTLP: only the connection that has spooled it can send it", f.Kind)
	}
	body, err := f.Read()
	if err != nil {
		return nil, err
	}
	return wire.FromProto(body)
}
