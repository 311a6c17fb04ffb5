package encode

import (
	"errors"
	"strings"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/encode/redact"
)

// DefaultFormat is the template of a connection that has none.
const DefaultFormat = "%time% [%status%] %name% trace=%traceId% span=%spanId% cost=%costMs%ms"

// Text writes each span as one line by a template, in which %NAME% stands for a span
// field: any source, or the name that the field mapping gave one (which goes first). %% is a
// percent sign. A value is never expanded again, whatever percent signs it has. Objects
// and lists are JSON. Line feeds at the end of the template don't count. It is for one goroutine at a time.
type Text struct {
	view   View
	writer Writer
	parts  []textPart
}

// textPart is a literal followed by a field, which the last part may lack.
type textPart struct {
	literal string
	field   Field
	last    bool
}

var _ Encoder = (*Text)(nil)

// NewText returns a text encoder of s.Format, or of [DefaultFormat] if that is empty.
func NewText(s exporter.Settings) (*Text, error) {
	fields, err := CompileFields(s)
	errs := []error{err}
	format := strings.TrimRight(s.Format, "\r\n") // a block of YAML ends with a line feed
	if format == "" {
		format = DefaultFormat
	}
	e := &Text{}
	literal := ""
	for format != "" {
		before, name, rest, ok := cutPlaceholder(format)
		literal += before
		format = rest
		if !ok {
			continue
		}
		field, problem := fields.lookup(name)
		if problem != nil {
			errs = append(errs, s.Problem("format", "%%%s%%: "+problem.format, append([]any{name}, problem.args...)...))
			continue
		}
		e.parts = append(e.parts, textPart{literal: literal, field: field})
		literal = ""
	}
	e.parts = append(e.parts, textPart{literal: literal + "\n", last: true})
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return e, nil
}

// cutPlaceholder cuts format at its first percent sign. Ok reports that a name in percent
// signs was there; otherwise before holds the percent sign that stands for itself.
func cutPlaceholder(format string) (before, name, rest string, ok bool) {
	before, rest, ok = strings.Cut(format, "%")
	if !ok {
		return before, "", "", false
	}
	name, after, closed := strings.Cut(rest, "%")
	switch {
	case closed && name == "":
		return before + "%", "", after, false
	case closed && !strings.ContainsAny(name, " \t\n"):
		return before, name, after, true
	default:
		return before + "%", "", rest, false
	}
}

// Append implements [Encoder].
func (e *Text) Append(dst []byte, spans []sdktrace.ReadOnlySpan) []byte {
	for _, s := range spans {
		if s == nil {
			continue
		}
		e.view.Read(s)
		for i := range e.parts {
			p := &e.parts[i]
			dst = append(dst, p.literal...)
			if !p.last {
				dst = e.writer.AppendText(dst, &e.view, p.field.Value(&e.view))
			}
		}
	}
	e.view.Forget()
	return dst
}

// Redact makes the encoder redact spans with r. It must be called before the first span comes.
func (e *Text) Redact(r *redact.Redactor) { e.view.redactor = r }

// Batched implements [Encoder]: each span is a line.
func (*Text) Batched() bool { return false }

// Kind implements [Encoder].
func (*Text) Kind() string { return "text" }
