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
	d := exporter.NewDecoder("setting", in.Setting)
	decodePath(d, &s)
	decodeLimits(d, &s)
	s.compress = d.Bool(false, "compress")
	s.sync = decodeSync(d, in.Setting)
	s.mode = decodeMode(d)
	if s.shared = d.Bool(false, "shared"); s.shared && !canLock {
		d.Problem("shared", "a shared file needs advisory locks, which this system doesn't have")
	}
	fallback := kindJSON
	if in.Format != "" && !in.JSON {
		fallback = kindText
	}
	s.kind = d.Choice(fallback, encode.Kinds(), "encoding")
	var err error
	s.encoder, err = encode.New(s.kind, in)
	return s, errors.Join(d.Err(), err)
}

func decodePath(d *exporter.Decoder, s *settings) {
	store := d.String("store/trace", "store")
	if climbs(store) {
		d.Problem("store", "%q leaves the working directory; give an absolute path", store)
	}
	if tilde(store) {
		d.Problem("store", "%q would be a directory called ~: no shell expands it here; give an absolute path", store)
	}
	key := d.Key("path", "file", "output")
	path := d.String("trace.log", "path", "file", "output")
	if problem := pathProblem(path); problem != "" {
		d.Problem(key, "%s", problem)
		return
	}
	if climbs(path) {
		d.Problem(key, "%q leaves the store; give an absolute path", path)
	}
	if tilde(path) {
		d.Problem(key, "%q would be in a directory called ~: no shell expands it here; give an absolute path", path)
	}
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

// pathKey is the setting that names the file.
func pathKey(s exporter.Settings) string {
	for _, key := range []string{"path", "file", "output"} {
		if _, ok := s.Setting[key]; ok {
			return key
		}
	}
	return "store"
}

func decodeLimits(d *exporter.Decoder, s *settings) {
	const unlimited = "leave it out for no limit"
	s.maxSize = d.Size(DefaultMaxSize, "maxsize")
	if s.maxSize == 0 {
		d.Problem("maxsize", "want at least one byte; leave it out for 100MB")
	}
	if d.Has("maxline") {
		s.maxLines = int64(d.Int(1, 1, math.MaxInt, "maxline"))
	}
	if d.Has("maxfiles") {
		s.maxFiles = d.Int(1, 1, math.MaxInt, "maxfiles")
	}
	if d.Has("maxage") {
		if s.maxAge = d.Duration(1, "maxage"); s.maxAge == 0 {
			d.Problem("maxage", "want more than nothing; %s", unlimited)
		}
	}
	if d.Has("slice") {
		word := d.Choice("day", []string{"year", "month", "day", "hour", "y", "m", "d", "h"}, "slice")
		s.slice, _ = ParseSlice(word)
	}
}

func decodeSync(d *exporter.Decoder, table map[string]any) Sync {
	if !d.Has("fsync") {
		return SyncNever
	}
	if word, ok := table["fsync"].(string); ok {
		switch strings.ToLower(word) {
		case "never":
			return SyncNever
		case "batch":
			return SyncBatch
		}
	}
	every, ok := exporter.ParseDuration(table["fsync"])
	if !ok || every <= 0 {
		d.Problem("fsync", `want "never", "batch" or a duration such as "1s"`)
		return SyncNever
	}
	return SyncEvery(every)
}

func decodeMode(d *exporter.Decoder) os.FileMode {
	const usual = 0o600
	if !d.Has("mode") {
		return usual
	}
	text := d.String("0600", "mode")
	mode, err := strconv.ParseUint(strings.TrimPrefix(text, "0o"), 8, 32)
	if err != nil || mode > 0o777 || mode&usual != usual {
		d.Problem("mode", `want permission bits in octal that let the owner read and write, such as "0600", have %q`, text)
		return usual
	}
	return os.FileMode(mode)
}
