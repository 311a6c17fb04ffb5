//go:build !unix

package main

import "time"

var started = time.Now()

// cpuTime returns the time that has passed: what the process has used isn't known here.
func cpuTime() time.Duration { return time.Since(started) }
