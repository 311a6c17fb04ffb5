// Package delivery is the one way in which network drivers hand a batch to their destination:
// bytes go in, a [Verdict] comes out.
//
// A [Transport] makes one attempt. [HTTP] and [GRPC] are the two transports here; they
// classify every answer and every fault of the network in one table ([OfStatus],
// [OfCode], [OfError]). A [Sender] repeats an attempt that is worth repeating, with
// jittered exponential backoff, within a time budget, and never before the time that the
// destination asked to be left alone. What it returns is an error with the number of spans
// that were delivered, lost and spooled ([report.Result]), which the ledger of a connection
// reads.
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
package delivery
