package file

import "errors"

// retain removes files beyond the limits of age and number, and returns those that stay.
// A file and its compressed twin count as one.
func (j *janitor) retain(files []*rotatedFile) ([]*rotatedFile, error) {
	var problems []error
	excess := 0
	if j.maxFiles > 0 {
		excess = len(files) - j.maxFiles
	}
	kept := files[:0]
	for i, r := range files {
		if i >= excess && !j.tooOld(r) {
			kept = append(kept, r)
			continue
		}
		for _, path := range []string{r.plain, r.gz} {
			if path == "" {
				continue
			}
			if err := j.remove(path); err != nil {
				problems = append(problems, err)
			}
		}
	}
	return kept, errors.Join(problems...)
}

// tooOld goes by the local time in the name, which survives copying and restoring. A name
// from the future was given by a wrong clock, or follows one that was: then the time of
// the last change decides.
func (j *janitor) tooOld(r *rotatedFile) bool {
	if j.maxAge <= 0 {
		return false
	}
	now := j.age.time()
	rotated := r.Time(now.Location())
	if rotated.After(now) {
		path := r.plain
		if path == "" {
			path = r.gz
		}
		info, err := j.fs.Stat(path)
		if err != nil {
			return false
		}
		rotated = info.ModTime()
	}
	return now.Sub(rotated) > j.maxAge
}
