package readback

import "github.com/tracehook/tracehook/exporter"

// DefaultMaxRecord is the longest record in bytes that [Read] takes: 16 MiB.
const DefaultMaxRecord = 16 << 20

// Option changes what [Read] does.
type Option func(*reader)

// WithMaxRecord sets the longest record in bytes. Longer ones are a [*RecordError] and
// skipped. The default is [DefaultMaxRecord]; values below 1 are ignored.
func WithMaxRecord(bytes int) Option {
	return func(r *reader) {
		if bytes > 0 {
			r.maxRecord = bytes
		}
	}
}

// WithFieldNames says how fields were renamed when the files were written, so that they
// are recognized.
func WithFieldNames(fields []exporter.FieldMapping) Option {
	return func(r *reader) {
		for _, f := range fields {
			r.sources[f.Target] = f.Source
		}
	}
}

// WithKind sets the encoding of all files: "json", "otlp", "yaml" or "text". By default the
// first line of each file tells.
func WithKind(kind string) Option { return func(r *reader) { r.kind = kind } }

// WithoutSpans leaves the records of JSON undecoded: they come with Raw, and Span is zero.
func WithoutSpans() Option { return func(r *reader) { r.raw = true } }

// WithFilter leaves out records of JSON without decoding them: those for which wanted returns false. It
// must not keep raw. A record that is left out is not looked at for errors. Nil keeps all.
func WithFilter(wanted func(raw []byte) bool) Option { return func(r *reader) { r.wanted = wanted } }
