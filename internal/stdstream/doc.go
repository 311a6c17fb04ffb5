// Package stdstream writes to standard output and standard error without ending the process
// when their reader has gone away: package os raises SIGPIPE then, for these two only.
package stdstream
