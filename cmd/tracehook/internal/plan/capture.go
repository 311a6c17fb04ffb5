package plan

import (
	"context"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/encode"
	"github.com/tracehook/tracehook/internal/vocab"
)

// capture is what one connection keeps, in all processes.
type capture struct {
	replay  *replay
	cfg     *config.Connection
	words   map[string]int16
	names   []string // of words
	kept    []int16  // for each span, what has kept it; -1 if it wasn't
	judged  []int16  // likewise, what its policy said alone
	refused []bool   // its policy alone would keep it
	weights []float64
}

// Words that aren't of decisions.
const (
	atStart = iota // the head sampler has dropped it
	whole          // it was decided about the local part of its trace
)

func newCapture(p *replay, c *config.Connection) *capture {
	n := len(p.spans)
	all := &capture{
		replay: p, cfg: c, words: make(map[string]int16), kept: make([]int16, n), judged: make([]int16, n),
		refused: make([]bool, n), weights: make([]float64, n),
	}
	all.word("no connection could keep it")
	all.word("trace")
	for i := range all.kept {
		all.kept[i] = -1
	}
	return all
}

// word returns the number of a word.
func (c *capture) word(text string) int16 {
	n, ok := c.words[text]
	if !ok {
		n = int16(len(c.names))
		c.words[text] = n
		c.names = append(c.names, text)
	}
	return n
}

// one is the exporter of a connection of one process.
type one struct {
	*capture
	append func(dst []byte, spans []sdktrace.ReadOnlySpan) []byte
	buf    []byte
	found  []found
	bytes  int64
}

// found is a span that was kept.
type found struct {
	at     int
	rule   string
	weight float64
}

// capture makes the exporter of a connection.
func (p *replay) capture(_ context.Context, s exporter.Settings) (sdktrace.SpanExporter, error) {
	c := p.captures[s.Connection]
	p.inspectors[p.making] = s.Inspector
	e := &one{capture: c, append: encoder(s)}
	p.exporters = append(p.exporters, e)
	return e, nil
}

// encoder writes spans as the driver would: files in their encoding, all others as OTLP protobuf.
func encoder(s exporter.Settings) func([]byte, []sdktrace.ReadOnlySpan) []byte {
	kind, _ := s.Setting["encoding"].(string)
	switch {
	case s.Driver == "yaml":
		kind = "yaml"
	case s.Driver == "file" && kind == "" && s.Format != "" && !s.JSON:
		kind = "text"
	case s.Driver == "file" && kind == "":
		kind = "json"
	case s.Driver != "file":
		kind = ""
	}
	if e, err := encode.New(kind, s); kind != "" && err == nil {
		return e.Append
	}
	return encode.NewOTLPProto(encode.OTLPOptions{}).Append
}

// ExportSpans implements [sdktrace.SpanExporter], and so do the others.
func (e *one) ExportSpans(_ context.Context, spans []sdktrace.ReadOnlySpan) error {
	for i, s := range spans {
		at, ok := e.replay.index[key{s.SpanContext().TraceID(), s.SpanContext().SpanID()}]
		if !ok {
			continue
		}
		attrs := s.Attributes()
		f := found{at: at, weight: 1}
		plain := attrs[:0:0]
		for _, kv := range attrs {
			switch {
			case string(kv.Key) == string(vocab.Rule):
				f.rule, _, _ = strings.Cut(kv.Value.AsString(), " of ")
			case string(kv.Key) == string(vocab.Probability):
				f.weight = 1 / kv.Value.AsFloat64()
			default:
				plain = append(plain, kv)
			}
		}
		e.found = append(e.found, f)
		if !e.cfg.Explain {
			spans[i] = unexplained{s, plain}
		}
	}
	e.buf = e.append(e.buf[:0], spans)
	e.bytes += int64(len(e.buf))
	return nil
}

func (*one) Shutdown(context.Context) error { return nil }

// unexplained is a span without what the replay has added.
type unexplained struct {
	sdktrace.ReadOnlySpan
	attributes []attribute.KeyValue
}

func (u unexplained) Attributes() []attribute.KeyValue { return u.attributes }

// judge asks the policies about each span that ends.
type judge struct{ replay *replay }

func (*judge) OnStart(context.Context, sdktrace.ReadWriteSpan) {}
func (*judge) Shutdown(context.Context) error                  { return nil }
func (*judge) ForceFlush(context.Context) error                { return nil }

// OnEnd implements [sdktrace.SpanProcessor].
func (j *judge) OnEnd(s sdktrace.ReadOnlySpan) {
	p := j.replay
	inspector := p.inspectors[p.spans[p.current].process.number]
	if inspector == nil {
		return
	}
	for _, d := range inspector.Decisions(s) {
		c := p.captures[d.Connection]
		switch {
		case c == nil:
		case d.Unknown:
			c.judged[p.current] = whole
		case d.Rule != "":
			c.judged[p.current] = c.word(d.Rule)
		default:
			c.judged[p.current] = c.word(d.Reason)
		}
		if c != nil {
			c.refused[p.current] = d.Keep && !d.Unknown
		}
	}
}
