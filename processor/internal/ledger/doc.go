// Package ledger counts what became of the spans of a connection's name, and says how that
// connection is doing.
//
// A [Ledger] outlives the connections of its name: a reload goes on counting where the
// connection before it stopped. Connections report to it; it knows of them only what a
// [Generation] tells.
package ledger
