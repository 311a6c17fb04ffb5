// Package delivery is the one way from spans to a destination on the network: all network drivers
// share it. A driver says how spans become the body of a request, and where requests go.
//
// An [Exporter] encodes spans, and hands the [Batch] to its [Sender] or, if it has one, to a
// [Store], which keeps what can't be delivered now; package spool has one on disk. The Sender asks
// its [Transport] for single attempts, of which each comes to a [Verdict]. It repeats those that are
// worth repeating, with jittered exponential backoff ([Backoff]), within a time budget, and never
// before the time that the destination asked to be left alone; and it knows whether the destination
// is down. [HTTP] and [GRPC] are the two transports here. What an Exporter returns is a
// [report.Result], which the ledger of a connection reads.
//
// # What is repeated
//
// A batch that did not arrive or that the destination asks for again: a refused connection,
// a name that doesn't resolve, a certificate that isn't trusted, a proxy that makes no tunnel, a
// reset, of a stream too, an end of file, a timeout, or whatever else a network does but an answer
// that isn't HTTP; HTTP 429, 502, 503 and 504; the gRPC codes Unavailable, ResourceExhausted,
// DeadlineExceeded, Canceled, Aborted, OutOfRange and DataLoss. Everything else is final, and
// so is a partial success: the destination has taken what it wanted, and would take it twice.
//
// # Duplicates
//
// Delivery is at least once. Where an answer was lost, the batch may have arrived, and
// sending it again may store it twice; [Sender.Resent] counts those spans, and a connection's
// statistics have them as resent.
//
// # Files
//
// Each question has one file: what a request is made of and in which order things end (exporter),
// how often and how long it is tried (sender, backoff), whether the destination is down (outage),
// what one attempt comes to (verdict, classify), what a destination's answer says (otlp), what to
// do about it (hint), how an attempt is made (http, grpc, gzip, proxy, tls), and what may be shown
// of all that (address, message).
package delivery
