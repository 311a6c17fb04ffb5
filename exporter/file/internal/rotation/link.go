package rotation

import (
	"os"
	"path/filepath"
)

// Follow returns the path of the file that path stands for: itself, or what a symbolic link
// at its end leads to, whether that exists or not. So two paths to one file meet at one
// lock, and a rotation renames the file rather than the link.
func Follow(path string) string {
	if info, err := os.Lstat(path); err != nil || info.Mode()&os.ModeSymlink == 0 {
		return path
	}
	return Resolve(path)
}

// Resolve returns path without symbolic links, as far as it exists.
func Resolve(path string) string { return resolve(path, 40) } // as many links as Linux takes

func resolve(path string, links int) string {
	if resolved, err := filepath.EvalSymlinks(path); err == nil {
		return resolved
	}
	path = filepath.Clean(path)
	dir, name := filepath.Split(path)
	if filepath.Clean(dir) == path {
		return path
	}
	path = filepath.Join(resolve(dir, links), name)
	target, err := os.Readlink(path)
	switch {
	case err != nil || links == 0:
		return path
	case !filepath.IsAbs(target):
		target = filepath.Join(filepath.Dir(path), target)
	}
	return resolve(target, links-1)
}
