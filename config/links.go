package config

import (
	"os"
	"path/filepath"
	"strings"
)

// mostLinks is how many symbolic links are followed, as many as Linux does.
const mostLinks = 40

// route is what leads to a file: the directories to watch, and the names in them whose change
// may change what the path means. Kubernetes mounts trace.toml as a link to ..data/trace.toml
// and makes a change by swapping ..data, so that nothing ever happens to trace.toml itself.
type route struct {
	dirs  map[string]bool
	names map[string]bool
}

// follow returns the route to an absolute path. If a part of it doesn't exist, the route ends
// at the directory where it is missing.
func follow(path string) route {
	r := route{make(map[string]bool), make(map[string]bool)}
	root := filepath.VolumeName(path) + string(filepath.Separator)
	here, links := root, 0
	rest := parts(path)
	for len(rest) > 0 {
		next := filepath.Join(here, rest[0])
		rest = rest[1:]
		info, err := os.Lstat(next)
		switch {
		case err != nil:
			r.add(here, next)
			return r
		case info.Mode()&os.ModeSymlink == 0:
			if len(rest) == 0 {
				r.add(here, next)
			}
			here = next
			continue
		}
		r.add(here, next)
		target, err := os.Readlink(next)
		if links++; err != nil || links > mostLinks {
			return r
		}
		if filepath.IsAbs(target) {
			here = root
		}
		rest = append(parts(target), rest...)
	}
	return r
}

func (r route) add(dir, name string) {
	r.dirs[dir] = true
	r.names[dir], r.names[name] = true, true
}

// parts splits a path. ".." stays: after a link it means the directory of its target.
func parts(path string) []string {
	path = strings.TrimPrefix(path, filepath.VolumeName(path))
	return strings.FieldsFunc(filepath.ToSlash(path), func(r rune) bool { return r == '/' })
}
