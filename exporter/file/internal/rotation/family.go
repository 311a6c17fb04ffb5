package rotation

import (
	"os"
	"path/filepath"
	"strings"
)

// Endings of files that stand beside the log.
const (
	Gzip      = ".gz"
	Temporary = ".tmp" // a compressed file that isn't finished
	Lock      = ".lock"
	Torn      = ".torn" // half records of writers that died
)

// Family is a log file and all files that were rotated away from it.
type Family struct{ Dir, Base, Ext string }

// NewFamily returns the family of the log file at path.
func NewFamily(path string) Family {
	dir, name := filepath.Split(path)
	ext := filepath.Ext(name)
	base := strings.TrimSuffix(name, ext)
	if base == "" {
		base, ext = name, ""
	}
	return Family{filepath.Clean(dir), base, ext}
}

// FamilyOf returns the family that the file name in dir was rotated away from. It returns
// false if that isn't the name of a rotated file.
func FamilyOf(dir, name string) (Family, bool) {
	plain := strings.TrimSuffix(name, Gzip)
	for i := len(plain) - len(Layout) - 1; i > 0; i-- {
		if plain[i] != '.' {
			continue
		}
		f := Family{Dir: dir, Base: plain[:i]}
		if ext := strings.TrimLeft(plain[i+1+len(Layout):], ".0123456789"); ext != "" {
			f.Ext = "." + ext
		}
		if _, _, ok := f.Parse(name); ok {
			return f, true
		}
	}
	return Family{}, false
}

// Locked returns the names that have a lock file beside them. Each of them is a log of its
// own, whatever its name looks like.
func Locked(entries []os.DirEntry) map[string]bool {
	locked := make(map[string]bool)
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), Lock); ok {
			locked[name] = true
		}
	}
	return locked
}

// Name is the name of the log file.
func (f Family) Name() string { return f.Base + f.Ext }

// Active is the path of the log file, which is written to.
func (f Family) Active() string { return filepath.Join(f.Dir, f.Name()) }

// Rotated is the path of a rotated file that isn't compressed.
func (f Family) Rotated(s Stamp) string {
	return filepath.Join(f.Dir, f.Base+"."+s.String()+f.Ext)
}

// Unfinished says whether name is that of a compressed file that isn't finished, with or
// without something random before its ending.
func (f Family) Unfinished(name string) bool {
	name, ok := strings.CutSuffix(name, Temporary)
	if !ok {
		return false
	}
	if i := strings.LastIndex(name, Gzip+"."); i >= 0 {
		name = name[:i+len(Gzip)]
	}
	_, compressed, ok := f.Parse(name)
	return ok && compressed
}

// Parse reads the name of a rotated file, and says whether the file is compressed.
func (f Family) Parse(name string) (s Stamp, compressed, ok bool) {
	rest, ok := strings.CutPrefix(name, f.Base+".")
	if !ok {
		return Stamp{}, false, false
	}
	rest, compressed = strings.CutSuffix(rest, Gzip)
	if rest, ok = strings.CutSuffix(rest, f.Ext); !ok {
		return Stamp{}, false, false
	}
	s, ok = parseStamp(rest)
	return s, compressed, ok
}
