package file

import (
	"time"

	"github.com/tracehook/tracehook/exporter/file/internal/rotation"
)

// longestPause is how long nothing may have been written before a process starts, so that
// its clock is believed.
const longestPause = 48 * time.Hour

// ageClock tells how old files are. It never runs ahead of what can be known: a clock that
// is wrong for a moment, such as before a machine has asked for the time, must not make
// all files look old. So it starts at most longestPause after the last change of a file
// of the family, and goes on with the time that passes, whatever the clock does.
//
// The clock of the wall may be right, after all: the machine has slept, or nothing ran for
// long, or it was wrong when the process began. It is believed when it has been ahead for a
// day.
type ageClock struct {
	now   func() time.Time
	start time.Time // on the wall
	began time.Time // at the same moment, for what passes
	ahead time.Time // since when the wall is ahead; zero if it isn't
}

// newAgeClock starts a clock before the files of the family are touched.
func newAgeClock(s *settings, f rotation.Family) ageClock {
	c := ageClock{now: s.now, start: s.now(), began: time.Now()}
	entries, err := s.fs.ReadDir(f.Dir)
	if err != nil {
		return c
	}
	var last time.Time
	for _, e := range entries {
		if _, _, rotated := f.Parse(e.Name()); !rotated && e.Name() != f.Name() {
			continue
		}
		if info, err := e.Info(); err == nil && info.Size() > 0 && info.ModTime().After(last) {
			last = info.ModTime()
		}
	}
	if most := last.Add(longestPause); !last.IsZero() && c.start.After(most) {
		c.start = most
	}
	return c
}

// time is that of the wall, or an earlier one while that seems to be ahead.
func (c *ageClock) time() time.Time {
	const drift, patience = time.Hour, 24 * time.Hour
	now := c.now()
	most := c.start.Add(time.Since(c.began) + drift)
	switch {
	case !now.After(most):
		c.ahead = time.Time{}
		return now
	case c.ahead.IsZero():
		c.ahead = time.Now()
	case time.Since(c.ahead) > patience:
		c.start, c.began, c.ahead = now, time.Now(), time.Time{}
		return now
	}
	return most.In(now.Location())
}
