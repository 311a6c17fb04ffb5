// Package exportertest checks that an exporter keeps the contract that connections rely
// on, and has spans with fixed ids and times for golden files.
//
// A driver's test calls [Run] with a function that makes a fresh exporter. The checks are
// those of OTel's SpanExporter, made strict: after Shutdown an export does nothing and
// returns nil, Shutdown may be called twice and at any time, an export neither keeps the
// slice nor changes the spans, it returns soon when its context is done, and no secret
// shows in what the exporter says of itself.
//
// [RunDriver] checks a driver whole: its exporters as Run does, and that fields, format, json and
// keys that it doesn't know are either heeded or refused, never ignored in silence. How to write a
// driver is in docs/write-a-driver.md.
package exportertest
