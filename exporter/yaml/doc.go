// Package yaml writes each finished span as a document of a YAML stream, with the field
// names of the SpirentOrion recorder: span_id, trace_id, parent_id, process, kind, name,
// start, finish, and the span's own data beside them. A data key that is called like a
// field is renamed instead of ending the process. Ids are hexadecimal texts; with
// ids = "decimal" they are the recorder's numbers, and its readers read the stream.
//
// It ignores json = true, since YAML is what it writes, and refuses a format.
//
// It is the file driver with another encoding: rotation, retention and everything else
// that package file promises hold here too.
package yaml
