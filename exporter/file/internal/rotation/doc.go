// Package rotation names the files that a log consists of: the one that is written to,
// those that were rotated away from it, and those beside them. The writer (package file)
// and the reader (package readback) share it.
package rotation
