// Package redact keeps secrets that spans carry out of everything that is written. A [Redactor]
// replaces them in the name, the attributes, the events, the links, the status text, the scope and
// the resource of a span, before a driver or a spool sees it. Sampling rules see the span as it is.
//
// By default, it redacts what OpenTelemetry's semantic conventions name for url.full: the user and
// the password of a URL, wherever a text has one, and the values of query parameters that are
// signatures. [Options] add keys, query parameters, SQL literals and patterns.
//
// Redaction finds what has a form. docs/redaction.md says what it can't find.
package redact
