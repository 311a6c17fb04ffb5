package dynamodb

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/tracehook/tracehook/internal/clip"
)

const (
	// maxItem is how many bytes an item may have: DynamoDB's 400 KB, less what its count may differ from ours.
	maxItem = 400<<10 - 4<<10
	// leastText is to how many bytes a text is cut at least.
	leastText = 64
	// cutName is the attribute that says what was cut, and mostCut how many names it has.
	cutName = "tracehook.cut"
	mostCut = 8
)

// size is what DynamoDB counts, or a little more.
func (it item) size() int {
	n := 0
	for name, v := range it {
		n += len(name) + v.size()
	}
	return n
}

func (v value) size() int {
	switch {
	case v.S != nil:
		return len(*v.S)
	case v.N != "":
		return len(v.N) + 1
	case v.L != nil:
		n := 3
		for _, inner := range *v.L {
			n += 1 + inner.size()
		}
		return n
	case v.M != nil:
		return 3 + len(*v.M) + item(*v.M).size()
	default:
		return 1
	}
}

// leaf is a text somewhere in an item.
type leaf struct {
	path string
	text *string
}

// leaves appends the texts in v that are longer than the least one.
func leaves(dst []leaf, path string, v value) []leaf {
	switch {
	case v.S != nil && len(*v.S) > leastText:
		return append(dst, leaf{path, v.S})
	case v.L != nil:
		for _, inner := range *v.L {
			dst = leaves(dst, path, inner)
		}
	case v.M != nil:
		for name, inner := range *v.M {
			dst = leaves(dst, path+"."+name, inner)
		}
	}
	return dst
}

// fit cuts the largest texts of an item that is too large, or leaves attributes out where that isn't enough, and
// has the item say so. The attributes named in keep stay as they are. It reports whether it has cut anything.
func (it item) fit(keep ...string) bool {
	excess := it.size() - maxItem
	if excess <= 0 {
		return false
	}
	var all []leaf
	for name, v := range it {
		if !slices.Contains(keep, name) {
			all = leaves(all, name, v)
		}
	}
	slices.SortFunc(all, func(a, b leaf) int {
		return cmp.Or(len(*b.text)-len(*a.text), strings.Compare(a.path, b.path))
	})
	most := highest(all, excess)
	var cut []string
	for _, l := range all {
		if n := len(*l.text); n > most {
			*l.text = clip.Head(*l.text, most)
			cut = append(cut, fmt.Sprintf("%.100s (%d bytes)", l.path, n))
		}
	}
	cut = append(cut, it.leaveOut(keep)...)
	said := strings.Join(cut[:min(len(cut), mostCut)], ", ")
	if more := len(cut) - mostCut; more > 0 {
		said += fmt.Sprintf(" and %d more", more)
	}
	it.add(cutName, text(strings.ToValidUTF8(said, "\ufffd")))
	return true
}

// highest returns how long texts, of which the longest come first, may be, so that they have excess bytes
// less.
func highest(all []leaf, excess int) int {
	longer := 0 // bytes of the texts up to i
	for i, l := range all {
		longer += len(*l.text)
		next := leastText
		if i+1 < len(all) {
			next = len(*all[i+1].text)
		}
		if longer-(i+1)*next >= excess {
			return (longer - excess) / (i + 1)
		}
	}
	return leastText
}

// leaveOut removes the largest attributes until the item fits, and returns their names.
func (it item) leaveOut(keep []string) []string {
	excess := it.size() - maxItem
	if excess <= 0 {
		return nil
	}
	names := sortedKeys(it)
	sizes := make(map[string]int, len(it))
	for name, v := range it {
		sizes[name] = len(name) + v.size()
	}
	slices.SortStableFunc(names, func(a, b string) int { return sizes[b] - sizes[a] })
	var out []string
	for _, name := range names {
		if excess <= 0 {
			break
		}
		if !slices.Contains(keep, name) {
			delete(it, name)
			excess -= sizes[name]
			out = append(out, fmt.Sprintf("%.100s (left out)", name))
		}
	}
	return out
}
