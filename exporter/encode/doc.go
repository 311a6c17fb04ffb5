// Package encode turns ended spans into bytes: JSON lines, text lines by a template, OTLP
// JSON lines and YAML documents. [New] makes an [Encoder] from a connection's settings.
//
// Encoders append to a buffer that the caller reuses, so that in steady state a JSON
// line of scalar attributes costs no allocation. What they write is valid for every span:
//
//   - Text that is not UTF-8 has each wrong byte replaced by U+FFFD.
//   - NaN and the infinities are the strings "NaN", "Infinity" and "-Infinity", as JSON has
//     no number for them and OTLP writes them so.
//   - Byte slices are base64. Keys that a span has twice are written twice in OTLP (where
//     they are elements of a list), and in JSON, too, where readers take the last.
//   - In text lines, control characters, terminal escapes and characters that turn the
//     direction of writing are shown as escapes (\n, \x1b, \u202e), so that a value can neither
//     forge a line nor drive the terminal.
//
// Nil spans are skipped.
//
// # Fields
//
// JSON, text and YAML write a span as named fields. Every name that a generation of the
// framework's trace module had is a source ([Sources] lists them, docs/fields.md explains them),
// and a connection may select and rename them. [CompileFields] turns the selection into getters
// once; a [View] reads a span once; [Field.Value] then costs one call for each field and no
// allocation.
package encode
