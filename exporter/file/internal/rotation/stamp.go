package rotation

import (
	"strconv"
	"strings"
	"time"
)

// Layout is the form of the local time in the name of a rotated file.
const Layout = "20060102.150405"

// Stamp is what a rotation adds to a name: a second, and a number that tells the rotations
// of one second apart. The zero Stamp is before all others.
type Stamp struct {
	second string // in Layout
	number int    // 0 isn't written
}

// parseStamp reads the text between the base and the extension of a rotated name.
func parseStamp(text string) (Stamp, bool) {
	if len(text) < len(Layout) {
		return Stamp{}, false
	}
	second, rest := text[:len(Layout)], text[len(Layout):]
	if _, err := time.Parse(Layout, second); err != nil {
		return Stamp{}, false
	}
	if rest == "" {
		return Stamp{second: second}, true
	}
	n, err := strconv.Atoi(strings.TrimPrefix(rest, "."))
	if err != nil || n <= 0 || rest != "."+strconv.Itoa(n) {
		return Stamp{}, false
	}
	return Stamp{second, n}, true
}

func (s Stamp) String() string {
	if s.number == 0 {
		return s.second
	}
	return s.second + "." + strconv.Itoa(s.number)
}

// Compare is negative if s was rotated before t. Stamps never go back, whatever the clock
// does, so their order is the order of writing.
func (s Stamp) Compare(t Stamp) int {
	if c := strings.Compare(s.second, t.second); c != 0 {
		return c
	}
	return s.number - t.number
}

// Next returns the stamp of a rotation at now, which is later than s.
func (s Stamp) Next(now time.Time) Stamp {
	if second := now.Format(Layout); second > s.second {
		return Stamp{second: second}
	}
	return Stamp{s.second, s.number + 1}
}

// Time returns when the file was rotated, to the second. In the hour that a clock repeats
// in autumn it may be an hour off.
func (s Stamp) Time(loc *time.Location) time.Time {
	t, err := time.ParseInLocation(Layout, s.second, loc)
	if err != nil {
		return time.Time{}
	}
	return t
}
