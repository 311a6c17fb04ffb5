// Package exporter holds what all destinations share: what a driver is ([Driver],
// [Settings]), the set of drivers that a program knows ([Registry]), a reader for their
// settings ([Decoder]), and the table of span fields ([Fields], [Sources]).
//
// # Fields
//
// A span is written as named fields. Every name that a generation of the framework's
// trace module had is a source ([Sources] lists them, docs/fields.md explains them), and a
// connection may select and rename them. [CompileFields] turns the selection into
// getters once; a [View] reads a span once; [Fields.Value] then costs one call for each
// field and no allocation. Package exporter/encode turns values into bytes.
//
// Each driver has a package of its own below this one, with an exported constructor that
// works without a configuration file.
package exporter
