// Package wire turns spans from one form into another: what files hold, OTLP messages, and what
// readers of files see.
package wire
