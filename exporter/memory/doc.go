// Package memory keeps the last spans in memory, whole: with their attributes, events,
// links, resource and status message. It is for tests and for looking at a process from
// within. Fields, format and json have no effect: nothing is written.
package memory
