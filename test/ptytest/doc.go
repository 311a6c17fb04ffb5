// Package ptytest has pseudo-terminals for tests of what writes to a terminal. It has them on Linux.
package ptytest
