//go:build unix

// Package cpu says what the process has used.
package cpu

import (
	"syscall"
	"time"
)

// Known reports whether Time is CPU time.
const Known = true

// Time returns the CPU time of the process until now.
func Time() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
