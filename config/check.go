package config

import (
	"errors"
	"strings"
)

// checkMore adds what the check of others finds, but for what comes of keys that could not be
// read.
func (d *decoder) checkMore(cfg Config) {
	if d.check == nil {
		return
	}
	err := d.check(cfg)
	if err == nil {
		return
	}
	var more Problems
	if !errors.As(err, &more) {
		more = Problems{{File: d.file, Message: err.Error()}}
	}
	own := d.refuse()
	for _, p := range more {
		if !touches(own, p.Path) {
			d.top.Add(p)
		}
	}
}

// touches reports whether one of ps is about path, or something above or below it. Lists are
// taken as a whole, since they may lack the elements that could not be read, but for fields, which
// are known by their names.
func touches(ps Problems, path string) bool {
	path = whole(path)
	for _, p := range ps {
		own := whole(p.Path)
		if own != "" && (within(own, path) || within(path, own)) {
			return true
		}
	}
	return false
}

// within reports whether the key path inner is outer or below it.
func within(inner, outer string) bool {
	rest, ok := strings.CutPrefix(inner, outer)
	return ok && (rest == "" || rest[0] == '.')
}

// whole returns path without what stands in a list.
func whole(path string) string {
	before, _, isList := strings.Cut(path, "[")
	if isList && strings.HasSuffix(before, ".fields") {
		return path
	}
	return before
}
