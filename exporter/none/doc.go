// Package none is a destination that counts spans and forgets them: for measuring what
// everything before an export costs, and for a connection that is switched off. Fields, format
// and json have no effect.
package none
