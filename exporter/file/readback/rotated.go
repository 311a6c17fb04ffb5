package readback

import (
	"os"

	"github.com/tracehook/tracehook/exporter/file/internal/rotation"
)

// Mark is a place in the sequence of files that were rotated away from a log. The zero Mark is
// before all of them.
type Mark struct{ last rotation.Stamp }

// Rotated returns the files that were rotated away from the log at path behind mark, in the order of
// writing, as they are called now, and the place behind the last of them. It is for programs that
// follow a log: each of these files is whole.
func Rotated(path string, mark Mark) ([]string, Mark, error) {
	f := rotation.NewFamily(rotation.Follow(path))
	stamps, err := rotations(f, mark.last)
	if err != nil {
		return nil, mark, err
	}
	var paths []string
	for _, s := range stamps {
		name := f.Rotated(s)
		if _, err := os.Lstat(name); err != nil {
			name += rotation.Gzip
		}
		paths, mark.last = append(paths, name), s
	}
	return paths, mark, nil
}
