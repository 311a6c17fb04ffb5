// Package page is a live page of a process's own spans: the driver "page".
//
// It keeps the last spans in memory, bounded in bytes, and serves one HTML page and a small API
// over HTTP, on loopback unless it is told otherwise. Nothing is loaded from elsewhere, and
// nothing is written to disk.
//
//	GET /                           the page
//	GET /api/spans                  spans as NDJSON, each line an OTLP JSON message of one span
//	GET /api/traces                 the traces that are kept, errors first
//	GET /api/traces/{id}            one trace as OTLP JSON; below it /tree, /matches and /decisions
//	GET /api/connections            the ledger and the health of all connections
//	GET /api/events                 server-sent events: something has changed
//
// /api/spans takes query (the language of the page), limit, after (a place that the Link header of
// the answer before names, or "latest") and follow=1, which goes on with spans as they end. Where
// a reader that follows was too slow, a line without spans says in "missed" how many it missed.
//
// # Safety
//
// Any page in a browser can send requests to a port of the own machine. So the Host header has to be
// an address or localhost, which keeps out names that were made to point here, and a request that
// another origin made is refused. On another address than loopback a token is required. What spans
// hold is never taken for HTML: the page's policy forbids it.
//
// # Cost
//
// A span that ends costs no more than on any other connection. The exporter keeps the span as it
// is; it is encoded and searched when somebody asks. Nobody waits for a browser: one that stops
// reading is left behind and hung up on.
package page
