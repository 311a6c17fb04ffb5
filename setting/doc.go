// Package setting reads the tables of a configuration: values that know where they stand.
//
// A [Source] maps key paths to places in a file and to the environment variables that values
// came from. A [Table] reads the keys of one table through it. Every table of a configuration
// is read this way, by package config and by drivers, so that a word, a bool, a number, a size,
// a duration and a list are written the same everywhere, and a mistake is reported in the same
// words: as a [Problem] with its key path, line and column.
//
// # Grammar
//
// Text that holds a value of another kind is accepted where that kind is wanted, because the
// environment holds nothing but text.
//
//   - A word is matched without regard to case.
//   - A bool is true or false, in any case if it is text.
//   - A number is finite. An integer may be written with a fraction of zero.
//   - A duration is Go's notation ("200ms", "1h30m"), whole days ("7d") or a number of seconds.
//   - A size is a number of bytes, with an optional unit B, K, KB, M, MB, G, GB, T or TB, in any
//     case, each 1024 times the one before it ("1.5k", "100MB").
//   - A list of text may be a single text; text from the environment is split at commas.
//
// # Secrets
//
// A value that came from an environment variable may be a secret. No message shows it; the
// name of the variable stands in its place.
package setting
