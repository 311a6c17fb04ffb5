package spool

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Stored is one batch on disk, for programs that look at spools. The content is the body of a request.
type Stored struct {
	Path    string
	Kind    string // what the body is: "otlp", or what [Options.Kind] was
	Spans   int
	Bytes   int64
	Created time.Time
	// Dead reports that the destination has refused it; Reason is what it said, if that is known.
	Dead   bool
	Reason string

	crc uint32
}

// StoredAt reads what the name of a file says; false if it is no batch of a spool.
func StoredAt(path string) (Stored, bool) {
	e, ok := parseAny(filepath.Base(path))
	if !ok {
		return Stored{}, false
	}
	f := Stored{
		Path: path, Kind: strings.TrimPrefix(filepath.Ext(path), "."), Spans: e.spans, Bytes: e.size,
		Created: time.UnixMilli(e.created), crc: e.crc,
		Dead: filepath.Base(filepath.Dir(path)) == deadDir,
	}
	if f.Dead {
		reason, err := os.ReadFile(path + reasonSuffix)
		if err == nil {
			f.Reason = strings.TrimSpace(string(reason))
		}
	}
	return f, true
}

// Read returns the body. It fails if that isn't what was written.
func (f Stored) Read() ([]byte, error) {
	info, err := os.Stat(f.Path)
	if err != nil {
		return nil, err
	}
	if info.Size() != f.Bytes {
		return nil, errDamaged
	}
	body, err := os.ReadFile(f.Path)
	if err == nil && checksum(body) != f.crc {
		err = errDamaged
	}
	return body, err
}

// StoredIn returns the batches in dir, which is a directory of spools, the spool of one connection, or
// a dead/. They come by directory, and in the order in which they were written. A spool that is in use
// may be looked at; files that are sent meanwhile are gone then.
func StoredIn(dir string) ([]Stored, error) {
	var all []Stored
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil && path != dir && errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		if f, ok := StoredAt(path); ok {
			all = append(all, f) // names begin with the number, and are walked in order
		}
		return nil
	})
	return all, err
}

// Remove removes a dead batch and its reason.
func (f Stored) Remove() error {
	return errors.Join(os.Remove(f.Path), ignoreMissing(os.Remove(f.Path+reasonSuffix)))
}
