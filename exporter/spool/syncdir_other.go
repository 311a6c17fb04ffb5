//go:build !unix

package spool

// syncDir: directories can't be synced here; the file system keeps its own journal.
func syncDir(string) error { return nil }
