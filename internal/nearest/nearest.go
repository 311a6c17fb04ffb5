// Package nearest finds the known name that a misspelled one was probably meant to be.
package nearest

import "strings"

// longest is the longest name that is compared. Nobody misspells a longer one, and the work
// grows with the square of the length.
const longest = 64

// Name returns the element of known that s was probably meant to be, or "" if none is close.
//
// Case, and "-", "." and " " for "_", cost nothing; a letter too many, too few, changed or
// swapped with its neighbor costs one; a name may cost a third of its length, but at least one.
// Of two that are equally close the first in known is returned, so the answer doesn't depend
// on anything but the arguments. A name that is equal to s is its own nearest.
func Name(s string, known []string) string {
	if s == "" || len(s) > longest {
		return ""
	}
	best, bestCost := "", 0
	wanted := fold(s)
	for _, name := range known {
		if name == s {
			return name
		}
		if name == "" || len(name) > longest {
			continue
		}
		cost := distance(wanted, fold(name))
		if cost > max(1, min(len(s), len(name))/3) {
			continue
		}
		if best == "" || cost < bestCost {
			best, bestCost = name, cost
		}
	}
	return best
}

// Hint returns ", did you mean %q?" for the nearest name, or "" if none is close, ready to be
// put behind an error's text.
func Hint(s string, known []string) string {
	name := Name(s, known)
	if name == "" {
		return ""
	}
	return `, did you mean "` + name + `"?`
}

func fold(s string) []rune {
	runes := []rune(strings.ToLower(s))
	for i, r := range runes {
		if strings.ContainsRune("-. ", r) {
			runes[i] = '_'
		}
	}
	return runes
}

// distance is the optimal string alignment distance of a and b.
func distance(a, b []rune) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
