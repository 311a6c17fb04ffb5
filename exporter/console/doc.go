// Package console writes spans for people: lines by a template, JSON lines, or each trace
// as a tree. Spans whose status isn't ok go to the error stream, the others to the output
// stream; a batch's errors are written first. Trees go to the output stream whole.
package console
