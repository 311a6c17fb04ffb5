package file

import (
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// stampLayout is how a rotated file is named after the local time of its rotation.
const stampLayout = "20060102.150405"

// Endings of files that stand beside the log.
const (
	gzEnding    = ".gz"
	tmpEnding   = ".gz.tmp"
	lockEnding  = ".lock"
	turnEnding  = ".write.lock"
	cleanEnding = ".clean.lock"
	tornEnding  = ".torn"
)

// family is a log file and all that was rotated away from it.
type family struct {
	dir, base, ext string
	single         string // the name of a file that stands for itself alone
}

func newFamily(path string) family {
	dir, name := filepath.Split(path)
	ext := filepath.Ext(name)
	base := strings.TrimSuffix(name, ext)
	if base == "" {
		base, ext = name, ""
	}
	return family{dir: filepath.Clean(dir), base: base, ext: ext}
}

// active is the path of the file that is written to.
func (f family) active() string { return filepath.Join(f.dir, f.base+f.ext) }

// rotated is the path of a rotated file that isn't compressed.
func (f family) rotated(s stamp) string {
	name := f.base + "." + s.sec
	if s.n > 0 {
		name += "." + strconv.Itoa(s.n)
	}
	return filepath.Join(f.dir, name+f.ext)
}

// parse reads the name of a rotated file, compressed or not.
func (f family) parse(name string) (s stamp, gz, ok bool) {
	rest, ok := strings.CutPrefix(name, f.base+".")
	if !ok {
		return stamp{}, false, false
	}
	rest, gz = strings.CutSuffix(rest, gzEnding)
	if rest, ok = strings.CutSuffix(rest, f.ext); !ok {
		return stamp{}, false, false
	}
	s, ok = parseStamp(rest)
	return s, gz, ok
}

// stamp orders the rotated files of a family: by second, then by number.
type stamp struct {
	sec string // stampLayout
	n   int    // 0 is not written
}

func parseStamp(text string) (stamp, bool) {
	if len(text) < len(stampLayout) {
		return stamp{}, false
	}
	s := stamp{sec: text[:len(stampLayout)]}
	if _, err := time.Parse(stampLayout, s.sec); err != nil {
		return stamp{}, false
	}
	rest := text[len(stampLayout):]
	if rest == "" {
		return s, true
	}
	n, err := strconv.Atoi(strings.TrimPrefix(rest, "."))
	if err != nil || n <= 0 || rest != "."+strconv.Itoa(n) {
		return stamp{}, false
	}
	s.n = n
	return s, true
}

// compare is negative if s was rotated before t. Names are never earlier than the newest
// name that was there, so this is the order of writing, whatever the clock did.
func (s stamp) compare(t stamp) int {
	if c := strings.Compare(s.sec, t.sec); c != 0 {
		return c
	}
	return s.n - t.n
}

// next is the stamp of a rotation at now, later than s.
func (s stamp) next(now time.Time) stamp {
	sec := now.Format(stampLayout)
	if sec <= s.sec {
		return stamp{sec: s.sec, n: s.n + 1}
	}
	return stamp{sec: sec}
}

// time is when the file was rotated, to the second; a name that lies in the hour that a
// clock repeats in autumn may be an hour off.
func (s stamp) time(loc *time.Location) time.Time {
	t, err := time.ParseInLocation(stampLayout, s.sec, loc)
	if err != nil {
		return time.Time{}
	}
	return t
}
