// Package file writes spans to a file that rotates. Package readback reads such files.
//
// [New] makes an [Exporter] that appends to one file; [Driver] makes it from a connection's
// settings. Records are encoded by package encode: JSON lines, text, OTLP JSON lines, YAML.
//
// # Promises
//
// Each batch is one write(2) at the end of the file, or a few, if it is longer than 4 MiB
// or files fill up on the way. What was reported as exported is never truncated and never
// overwritten. The file survives the death of the process; what of it survives a power
// failure, [Sync] decides.
//
// When a write fails half way, the records that got out whole count as exported, and the
// rest of the last one is cut off again: nothing that was reported is ever cut. When the
// process dies half way, the next one to open the file moves the half record to NAME.torn,
// which holds 16 MiB at most and is removed after [WithMaxAge], or after 30 days. A full disk
// or a directory that vanished costs the spans of the batches that meet it, which the error
// counts; every batch tries again.
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
// next batch. A file that has the name of a rotated one, and a lock file beside it, is the log of
// another connection and is left alone.
//
// Ages go by a clock that doesn't jump: one that is ahead of the time that has passed since
// the last change of a file is believed after a day.
//
// Where nothing can be made beside a log that exists, as root makes it for a service, it is
// written to and not rotated.
//
// # Directories that others can write to
//
// A directory that other users can write to, or replace, is refused: they could put a link to
// another file in the place of one of ours. [WithDirMode] accepts some; then it is only warned of.
// In any directory, the files beside the log are opened only if they are regular files with one
// name that belong to the process's user or to root. A link is followed only as the path itself,
// where nobody else can write to its directory.
//
// # Standard output
//
// The paths /dev/stdout and /dev/stderr, and those below /dev/fd and /proc/self/fd, are streams:
// they are not locked, rotated or synced. When their reader goes away, exports fail.
//
// # Several writers
//
// An advisory lock on NAME.EXT.lock keeps a second writer out, be it a process or another
// Exporter in this one. [WithShared] lets several in; they take turns. Systems other than
// Unix have no such lock: there, nothing keeps a second writer out. Locks of this kind don't
// reach across machines on some network file systems.
package file
