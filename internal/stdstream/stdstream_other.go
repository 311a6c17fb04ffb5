//go:build !unix

package stdstream

import "io"

// Writer returns w.
func Writer(w io.Writer) io.Writer { return w }
