package file

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// findFamilies groups the files of a directory.
func findFamilies(dir string) ([]family, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	seen := make(map[string]bool)
	var found []family
	for _, e := range entries {
		f, _ := familyOf(dir, e.Name())
		if !e.Type().IsRegular() || beside(e.Name()) || seen[f.key()] {
			continue
		}
		seen[f.key()] = true
		found = append(found, f)
	}
	slices.SortFunc(found, func(a, b family) int { return strings.Compare(a.key(), b.key()) })
	return found, nil
}

func (f family) key() string {
	if f.single != "" {
		return f.single
	}
	return f.base + f.ext
}

// beside says whether a file is beside a log rather than one.
func beside(name string) bool {
	for _, ending := range []string{lockEnding, tornEnding, tmpEnding} {
		if strings.HasSuffix(name, ending) {
			return true
		}
	}
	return false
}

// familyOf finds the family of a file by its name, and says whether it is a rotated one.
func familyOf(dir, name string) (f family, rotated bool) {
	plain := strings.TrimSuffix(name, gzEnding)
	for i := len(plain) - len(stampLayout) - 1; i > 0; i-- {
		if plain[i] != '.' {
			continue
		}
		if _, ok := parseStamp(plain[i+1 : i+1+len(stampLayout)]); !ok {
			continue
		}
		ext := plain[i+1+len(stampLayout):]
		f := family{dir: dir, base: plain[:i], ext: strings.TrimLeft(ext, ".0123456789")}
		if f.ext != "" {
			f.ext = "." + f.ext
		}
		if _, _, ok := f.parse(name); ok {
			return f, true
		}
	}
	if plain != name {
		return family{dir: dir, single: name}, false
	}
	return newFamily(filepath.Join(dir, name)), false
}

// rotations lists the rotated files after last, in the order of writing.
//
// One listing of a directory may miss what is renamed meanwhile: a file that gets its
// compressed name, or one that is rotated while a later one is already seen. A second one has
// both, because each of these things happens to a file once; what came after the first one's
// last is left for the next call, since an earlier one may be missing again.
func (f family) rotations(last stamp) ([]stamp, error) {
	stamps, err := f.list(nil, func(s stamp) bool { return s.compare(last) > 0 })
	if err != nil || len(stamps) == 0 {
		return nil, err
	}
	latest := slices.MaxFunc(stamps, stamp.compare)
	stamps, err = f.list(stamps, func(s stamp) bool { return s.compare(last) > 0 && s.compare(latest) <= 0 })
	slices.SortFunc(stamps, stamp.compare)
	return slices.Compact(stamps), err
}

// list adds the rotated files that are wanted to stamps, in any order.
func (f family) list(stamps []stamp, wanted func(stamp) bool) ([]stamp, error) {
	entries, err := os.ReadDir(f.dir)
	for _, e := range entries {
		if s, _, ok := f.parse(e.Name()); ok && e.Type().IsRegular() && wanted(s) {
			stamps = append(stamps, s)
		}
	}
	return stamps, err
}
