package file

import (
	"errors"
	"fmt"
	"math"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/encode"
	"github.com/tracehook/tracehook/setting"
)

// Kinds of encodings that matter here.
const (
	kindJSON = "json"
	kindText = "text"
	kindYAML = "yaml"
)

// decode reads the settings of a connection and reports everything that is wrong.
func decode(in exporter.Settings) (settings, error) {
	s := defaults()
	if in.Logger != nil {
		s.logger = in.Logger
	}
	s.stdout, s.stderr = in.Stdout, in.Stderr
	d := in.Table("setting")
	decodePath(d, &s)
	decodeLimits(d, &s)
	s.compress = d.Bool(false, "compress")
	s.sync = decodeSync(d)
	s.mode = decodeMode(d)
	decodeDirectory(d, &s)
	if s.stream() != nil {
		for _, key := range []string{"maxsize", "maxline", "slice", "compress", "maxage", "maxfiles", "fsync", "mode", "dirmode", "dirgroup", "shared"} {
			if d.Has(key) {
				d.Problem(key, "%s is a stream, which has none of a file's settings: leave it out", s.path)
			}
		}
	}
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
	decodeEncoder(d, &s)
	return s, errors.Join(d.Err(), err, contradiction(in, s.kind))
}

// contradiction reports a format or json that the encoding leaves without an effect.
func contradiction(in exporter.Settings, kind string) error {
	switch {
	case in.JSON && (kind == kindText || kind == "yaml"):
		return in.Problem("json", "the encoding is %s: leave one of the two out", kind)
	case in.Format != "" && !in.JSON && kind != kindText:
		return in.Problem("format", "only the encoding text has a template, and this is %s: leave one of the two out", kind)
	}
	return nil
}

// decodeEncoder reads what one encoding has and others have not.
func decodeEncoder(d *setting.Table, s *settings) {
	if d.Word("number", []string{"number", "text"}, "nanos") == "text" {
		if json, ok := s.encoder.(*encode.JSON); ok {
			json.NanosAsText()
		} else if s.encoder != nil {
			d.Problem("nanos", "only the encoding json has them as numbers, and this is %s: leave it out", s.kind)
		}
	}
	if d.Word("hex", []string{"hex", "decimal"}, "ids") == "decimal" {
		if yaml, ok := s.encoder.(*encode.YAML); ok {
			yaml.DecimalIDs()
		} else if s.encoder != nil {
			d.Problem("ids", "only the encoding yaml can have numbers, and this is %s: leave it out", s.kind)
		}
	}
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

// keepInside reports a relative path that leaves the directory where, or that a shell would have to expand.
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
	s.maxAge = d.DurationIn(0, setting.Bounds{Least: time.Millisecond, Most: 36500 * 24 * time.Hour, Bare: time.Hour, Age: true}, "maxage")
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
	text := d.Octal("0600", "mode")
	mode, err := parseMode(text)
	if err != nil || mode > 0o777 || mode&usual != usual {
		d.Problem("mode", `want permission bits in octal that let the owner read and write, such as "0600", have %q`, text)
		return usual
	}
	return os.FileMode(mode)
}

func decodeDirectory(d *setting.Table, s *settings) {
	if text := d.Octal("", "dirmode"); text != "" {
		const usual = 0o700
		mode, err := parseMode(text)
		if err != nil || mode > 0o3777 || mode&usual != usual {
			d.Problem("dirmode", `want permission bits in octal that leave all to the owner, such as "0750", or "2750" for files in the directory's group, have %q`, text)
			return
		}
		s.dirMode = os.FileMode(mode & 0o777)
		if mode&0o2000 != 0 {
			s.dirMode |= os.ModeSetgid
		}
		if mode&0o1000 != 0 {
			s.dirMode |= os.ModeSticky
		}
		s.accepted = s.dirMode.Perm()
	}
	if name := d.String("", "dirgroup"); name != "" {
		group, err := lookupGroup(name)
		if err != nil {
			d.Problem("dirgroup", "%v", err)
			return
		}
		s.dirGroup = &group
	}
}

func parseMode(text string) (uint64, error) {
	return strconv.ParseUint(strings.TrimPrefix(text, "0o"), 8, 32)
}

// lookupGroup returns the number of a group of this machine.
func lookupGroup(name string) (int, error) {
	if n, err := strconv.ParseUint(name, 10, 31); err == nil {
		return int(n), nil
	}
	group, err := user.LookupGroup(name)
	if err != nil {
		return 0, fmt.Errorf("there is no group %q on this machine: name one that exists, or give its number", name)
	}
	return strconv.Atoi(group.Gid)
}
