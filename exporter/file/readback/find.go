package readback

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tracehook/tracehook/exporter/file/internal/rotation"
)

// log is what is read in one go: a log file with its rotated ones, or a single file.
type log struct {
	rotation.Family
	single bool
}

// find returns the logs at path.
func find(path string) ([]log, error) {
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return findAll(path)
	case err == nil && !info.Mode().IsRegular():
		return nil, fmt.Errorf("%q is neither a file nor a directory", path)
	}
	f := rotation.NewFamily(rotation.Follow(path))
	_, rotated := rotation.FamilyOf(f.Dir, f.Name())
	if _, err := os.Lstat(f.Active() + rotation.Lock); err == nil {
		rotated = false
	}
	l := log{f, rotated || strings.HasSuffix(f.Name(), rotation.Gzip)}
	if err != nil {
		if l.single {
			return nil, err
		}
		if rest, _ := rotations(f, rotation.Stamp{}); len(rest) == 0 {
			return nil, err
		}
	}
	return []log{l}, nil
}

// findAll returns the logs in a directory.
func findAll(dir string) ([]log, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	locked, found := rotation.Locked(entries), make(map[string]log)
	for _, e := range entries {
		if name := e.Name(); e.Type().IsRegular() && !beside(name) {
			l := log{Family: rotation.NewFamily(filepath.Join(dir, name)), single: strings.HasSuffix(name, rotation.Gzip)}
			if f, rotated := rotation.FamilyOf(dir, name); rotated && !locked[strings.TrimSuffix(name, rotation.Gzip)] {
				l = log{Family: f}
			}
			found[l.Name()] = l
		}
	}
	return slices.SortedFunc(maps.Values(found), func(a, b log) int { return strings.Compare(a.Name(), b.Name()) }), nil
}

// beside says whether the file of that name is beside a log and none of its files.
func beside(name string) bool {
	return slices.ContainsFunc([]string{rotation.Lock, rotation.Torn, rotation.Temporary}, func(ending string) bool {
		return strings.HasSuffix(name, ending)
	})
}

// rotations lists the rotated files of f after last, in the order of writing.
//
// One listing of a directory may miss files that are renamed meanwhile: one that gets its
// compressed name, or one that is rotated while a later one is already seen. A second
// listing has both, because each of these happens to a file once. What is later than all
// of the first listing is left for the next call, since an earlier one may be missing again.
func rotations(f rotation.Family, last rotation.Stamp) ([]rotation.Stamp, error) {
	stamps, err := list(f, nil, func(s rotation.Stamp) bool { return s.Compare(last) > 0 })
	if err != nil || len(stamps) == 0 {
		return nil, err
	}
	latest := slices.MaxFunc(stamps, rotation.Stamp.Compare)
	stamps, err = list(f, stamps, func(s rotation.Stamp) bool { return s.Compare(last) > 0 && s.Compare(latest) <= 0 })
	slices.SortFunc(stamps, rotation.Stamp.Compare)
	return slices.Compact(stamps), err
}

// list adds the stamps of the rotated files that are wanted, in any order.
func list(f rotation.Family, stamps []rotation.Stamp, wanted func(rotation.Stamp) bool) ([]rotation.Stamp, error) {
	entries, err := os.ReadDir(f.Dir)
	locked := rotation.Locked(entries)
	for _, e := range entries {
		s, _, ok := f.Parse(e.Name())
		if ok && e.Type().IsRegular() && wanted(s) && !locked[strings.TrimSuffix(e.Name(), rotation.Gzip)] {
			stamps = append(stamps, s)
		}
	}
	return stamps, err
}
