package encode

import (
	"fmt"
	"strings"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/internal/nearest"
)

// Encoder turns spans into records. A record is whole in itself and ends with a line
// feed. An Encoder reuses its memory: it is for one goroutine at a time.
type Encoder interface {
	// Append appends the records of spans to dst and returns it. It keeps neither dst nor the
	// spans, and never fails: there is a valid record for every span.
	Append(dst []byte, spans []sdktrace.ReadOnlySpan) []byte
	// Batched reports that one record holds all spans of a call. Otherwise each span (but
	// nil) is one record, in the order of spans.
	Batched() bool
	// Kind returns the encoding's name, as [New] takes it.
	Kind() string
}

// Kinds returns the names of all encodings.
func Kinds() []string { return []string{"json", "text", "otlp", "yaml"} }

// Extension returns the usual file name extension of an encoding, such as ".jsonl".
func Extension(kind string) string {
	switch kind {
	case "json", "otlp":
		return ".jsonl"
	case "yaml":
		return ".yaml"
	default:
		return ".log"
	}
}

// New returns an encoder of the named kind:
//
//   - "json": one JSON object a line, with the mapped fields of s or the default ones.
//   - "text": one line by the template s.Format, or by [DefaultFormat]. Without a percent
//     sign it is taken for a mistake.
//   - "otlp": one OTLP TracesData message a line, in its JSON encoding; mapped fields become
//     further attributes of the span. Its encoder is batched.
//   - "yaml": one YAML document a span, with the mapped fields, or the SpirentOrion recorder's.
//
// The error joins a [setting.Problem] for each wrong field and placeholder.
func New(kind string, s exporter.Settings) (Encoder, error) {
	switch kind {
	case "json":
		return checked(NewJSON(s))
	case "text":
		if s.Format != "" && !strings.Contains(s.Format, "%") {
			return nil, s.Problem("format", "%q has no placeholder such as %%name%%, "+
				"so that all lines would be the same; json = true writes JSON, and a console draws trees with \"tree\"", s.Format)
		}
		return checked(NewText(s))
	case "otlp":
		return checked(NewOTLP(s))
	case "yaml":
		return checked(NewYAML(s))
	}
	return nil, fmt.Errorf("no encoding is called %q%s; there are %s",
		kind, nearest.Hint(kind, Kinds()), strings.Join(Kinds(), ", "))
}

// checked keeps a nil pointer from becoming an Encoder that isn't nil.
func checked[E Encoder](e E, err error) (Encoder, error) {
	if err != nil {
		return nil, err
	}
	return e, nil
}
