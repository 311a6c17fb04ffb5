// Package file writes spans to a file that rotates, and reads such files back.
//
// [New] makes an [Exporter] that appends to one file; [Driver] makes it from a connection's
// settings. Records are encoded by package encode: JSON lines, text, OTLP JSON lines, YAML.
// [Read] iterates over what was written, across rotations, compressed or not.
//
// # Promises
//
// Each batch is one write(2) at the end of the file, or a few, if it is longer than 4 MiB
// or files fill up on the way. What was reported as exported is never truncated and never
// overwritten. The file survives the death of the process; what of it survives a power
// failure, [Sync] decides.
//
// When a write fails half way, the records that got out whole count as exported, and the
// rest of the last one is cut off again: only bytes that nobody was told of are ever cut. When
// the process dies half way, the next one to open the file moves the half record to
// NAME.torn. A full disk or a directory that vanished costs the spans of the batches that
// meet it, which the error counts; every batch tries again.
//
// # Rotation
//
// A file NAME.EXT is rotated to NAME.20060102.150405.EXT in local time, or to
// NAME.20060102.150405.N.EXT when that name is taken. Names only go up, even if the clock
// goes back: their order, N as a number, is the order of writing. If a file can't be
// rotated, it grows beyond its limits instead of losing spans, and every batch says so.
//
// A path that is a symbolic link to a file stands for that file: the rotated ones are beside
// it. A file that another program renames, removes, or copies and truncates, is followed at the
// next batch.
//
// # Several writers
//
// An advisory lock on NAME.EXT.lock keeps a second writer out, be it a process or another
// Exporter in this one. [WithShared] lets several in; they take turns. Systems other than
// Unix have no such lock: there, nothing keeps a second writer out. Locks of this kind don't
// reach across machines on some network file systems.
package file
