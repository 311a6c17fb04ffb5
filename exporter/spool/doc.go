// Package spool keeps batches on disk while their destination is away, and sends them when
// it is back.
//
// A [Spool] stands before a [delivery.Sender]. In mode [Overflow] a batch is sent first, and
// written to disk if that fails for a reason that may pass; while the destination is known to
// be down, batches go to disk at once. In mode [Always] each batch is written first and sent
// from there, so that a crash costs nothing that had reached the disk. A background job
// sends what is on disk, oldest first, one batch at a time.
//
// # Files
//
// Each connection has a directory of its own below the configured one:
//
//	DIR/CONNECTION/v1-SEQUENCE-CREATED-SPANS-BYTES-CRC32C.otlp
//	DIR/CONNECTION/dead/   what the destination refused, each with the reason in NAME.reason
//	DIR/CONNECTION/lock    held by the process that uses the directory
//
// A file is the plain body of one OTLP request and nothing else, and can be sent by hand:
//
//	curl -H 'Content-Type: application/x-protobuf' --data-binary @FILE http://HOST:4318/v1/traces
//
// The name says the rest: a rising number, the time in milliseconds since 1970, how many
// spans, how many bytes and their CRC-32C (numbers in hexadecimal, but for spans and bytes).
// Files are written under a temporary name, synced as [Options.Sync] says, and renamed; a
// damaged one is moved to dead/ and never keeps a process from starting. One that can't be read
// for the moment is tried again. To send a dead batch again, move it back while no process runs.
//
// # What a crash can cost
//
// A killed process (SIGKILL, out of memory) loses nothing that was written, whatever the sync
// policy. In mode Overflow it loses the spans in memory: those that wait for their batch, and
// the batches that are queued or being sent. In mode Always it loses the spans that wait for
// their batch and the one being written.
//
// How long a span waits for its batch is the batcher's choice, not the spool's. With
// OpenTelemetry's own, a span that has ended is in the next export or, if its timer was due
// while the span was still in its queue, in the one after; so mode Always costs at most what
// ended within one schedule before the last two exports began. That holds while writing a batch
// takes less time than the schedule. If it takes longer, the timer is due when the export
// returns, and of a timer that is due and a span that waits the batcher picks one at random: a
// span misses each further export with probability one half.
//
// A machine that loses power can lose, beyond that, what was not synced: nothing with
// [SyncBatch], the last interval with [SyncEvery], and as much as the operating system kept
// in memory (usually 30 s) with [SyncNever].
//
// # Bounds
//
// The directory holds at most [Options.MaxBytes]; a batch that doesn't fit is not spooled, so
// that what was kept stays kept. Batches older than [Options.MaxAge] are removed and counted
// as expired. dead/ has the same bound in bytes, and makes room by removing its oldest.
//
// A disk that is full is an error of the batch that doesn't fit, never of those before. A
// directory that is removed while it is used is made again: batches that are still in memory are
// written again, the others are logged and counted as dead.
//
// # Order
//
// Batches are sent in the order in which they were written. Two things break it: while there
// is a backlog and the destination answers, fresh batches don't wait behind it; and a batch
// that fails again and again while others succeed is stepped over, and moved to dead/ in the end.
package spool
