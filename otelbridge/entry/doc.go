// Package entry begins and ends the spans of what enters a process, and of what leaves it.
package entry
