// Package miniframework is a framework in miniature, in both generations of its tracing API, for the
// tests of what takes the place of its trace module. It does what the framework does in the order in
// which the framework does it, so far as spans can see it: a request's span is begun before its headers
// are parsed, the bus carries ids alone, an event's envelope carries none.
//
// [New] makes one; [Original] is a trace module that behaves as the framework's own, bugs included; [Register] and
// [Drive] are an application and what is done to it.
package miniframework
