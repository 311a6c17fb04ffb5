// Package report is how an exporter tells its connection what became of spans: [Result] for the
// spans of one export, [Spooler] for those that it keeps on disk. Processors and exporters, which
// don't import each other, both import it.
//
// An exporter needs none of it. One that returns plain errors has exported all spans of a batch or
// none, and one that isn't a Spooler has no spool. Nor does an exporter have to import this package
// to say more: an error with the method
//
//	SpanResult() (exported, failed, spooled int)
//
// is read like a Result, and an exporter may have any of the methods of Spooler without the others.
package report
