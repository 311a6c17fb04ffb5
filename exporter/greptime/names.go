package greptime

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxName bounds the name of a table, a database or a column, in bytes.
const maxName = 128

// checkTable reports a name that GreptimeDB would refuse.
func checkTable(name string) error {
	return checkName(name, "traces")
}

// checkDatabase does the same for a database.
func checkDatabase(name string) error {
	return checkName(name, "public")
}

func checkName(name, example string) error {
	switch {
	case name == "":
		return fmt.Errorf("the name is empty: write for instance %q", example)
	case len(name) > maxName:
		return fmt.Errorf("the name has %d bytes: want at most %d", len(name), maxName)
	case !regexp.MustCompile(`^[a-zA-Z_:-][a-zA-Z0-9_:\-.@#]*$`).MatchString(name):
		return fmt.Errorf("%q is no name that GreptimeDB takes: want a letter or one of _ : - first, then letters, digits and _ : - . @ #", name)
	}
	return nil
}

// checkColumn reports a column name that GreptimeDB would refuse, or that couldn't be quoted
// safely.
func checkColumn(name string) error {
	switch {
	case name == "":
		return errors.New("the column name is empty")
	case len(name) > maxName:
		return fmt.Errorf("the column name has %d bytes: want at most %d", len(name), maxName)
	case !utf8.ValidString(name):
		return fmt.Errorf("column name %q is not valid UTF-8", name)
	case name != strings.TrimSpace(name):
		return fmt.Errorf("column name %q begins or ends with space", name)
	case strings.ContainsAny(name, "\"'`\\;") || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }):
		return fmt.Errorf("column name %q holds a quote, a backslash, a semicolon or a control character", name)
	case name == "__primary_key" || name == "__sequence" || name == "__op_type":
		return fmt.Errorf("column name %q is GreptimeDB's own", name)
	}
	return nil
}

// checkTTL reports what is not a time to live: one or more numbers with units, or one of
// GreptimeDB's two words.
func checkTTL(ttl string) error {
	if ttl == "" || ttl == "forever" || ttl == "instant" {
		return nil
	}
	if len(ttl) <= maxName && regexp.MustCompile(`^([1-9][0-9]*(s|sec|secs|seconds?|m|min|mins|minutes?|h|hr|hrs|hours?|d|days?|w|weeks?|M|months?|y|years?) ?)+$`).MatchString(ttl) {
		return nil
	}
	return fmt.Errorf("%.64q is no time to live: want for instance \"7d\", \"12h\", \"forever\" or \"instant\"", ttl)
}

// checkPartitions reports a number of partitions that GreptimeDB would refuse.
func checkPartitions(n int) error {
	if n < 0 || n > 1<<16 || n&(n-1) != 0 {
		return fmt.Errorf("%d partitions: want 1, or a power of two up to 65536", n)
	}
	return nil
}
