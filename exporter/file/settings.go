package file

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/encode"
	"github.com/tracehook/tracehook/setting"
)

// Kinds of encodings that matter here.
const (
	kindJSON = "json"
	kindText = "text"
	kindOTLP = "otlp"
	kindYAML = "yaml"
)

// decode reads the settings of a connection and reports everything that is wrong.
func decode(in exporter.Settings) (settings, error) {
	s := defaults()
	if in.Logger != nil {
		s.logger = in.Logger
	}
	d := in.Table("setting")
	decodePath(d, &s)
	decodeLimits(d, &s)
	s.compress = d.Bool(false, "compress")
	s.sync = decodeSync(d)
	s.mode = decodeMode(d)
	if s.shared = d.Bool(false, "shared"); s.shared && !canLock {
		d.Problem("shared", "a shared file needs advisory locks, which this system doesn't have")
	}
	fallback := kindJSON
	if in.Format != "" && !in.JSON {
		fallback = kindText
	}
	s.kind = d.Word(fallback, encode.Kinds(), "encoding")
	var err error
	s.encoder, err = encode.New(s.kind, in)
	return s, errors.Join(d.Err(), err)
}

func decodePath(d *setting.Table, s *settings) {
	store := d.String("store/trace", "store")
	keepInside(d, "store", store, "the working directory")
	key := d.Name("path", "file", "output")
	path := d.String("trace.log", "path", "file", "output")
	if problem := pathProblem(path); problem != "" {
		d.Problem(key, "%s", problem)
		return
	}
	keepInside(d, key, path, "the store")
	if !filepath.IsAbs(path) {
		path = filepath.Join(store, path)
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		d.Problem(key, "%q has no absolute path: %v", path, err)
		return
	}
	if problem := pathProblem(abs); problem != "" {
		d.Problem(key, "%s", problem)
	}
	s.path = abs
}

// keepInside reports a relative path that leaves the directory where, or that waits for a shell.
func keepInside(d *setting.Table, key, path, where string) {
	switch {
	case climbs(path):
		d.Problem(key, "%q leaves %s; give an absolute path", path, where)
	case tilde(path):
		d.Problem(key, "%q would be in a directory called ~: no shell expands it here; give an absolute path", path)
	}
}

func decodeLimits(d *setting.Table, s *settings) {
	s.maxSize = d.Size(DefaultMaxSize, 1, "maxsize")
	s.maxLines = int64(d.Int(0, 1, math.MaxInt, "maxline"))
	s.maxFiles = d.Int(0, 1, math.MaxInt, "maxfiles")
	s.maxAge = d.Duration(0, 1, "maxage")
	if word := d.Word("", []string{"year", "month", "day", "hour", "y", "m", "d", "h"}, "slice"); word != "" {
		s.slice, _ = ParseSlice(word)
	}
}

func decodeSync(d *setting.Table) Sync {
	switch word, every := d.WordOrDuration("never", []string{"never", "batch"}, "fsync"); word {
	case "never":
		return SyncNever
	case "batch":
		return SyncBatch
	default:
		return SyncEvery(every)
	}
}

func decodeMode(d *setting.Table) os.FileMode {
	const usual = 0o600
	text := d.String("0600", "mode")
	mode, err := strconv.ParseUint(strings.TrimPrefix(text, "0o"), 8, 32)
	if err != nil || mode > 0o777 || mode&usual != usual {
		d.Problem("mode", `want permission bits in octal that let the owner read and write, such as "0600", have %q`, text)
		return usual
	}
	return os.FileMode(mode)
}
