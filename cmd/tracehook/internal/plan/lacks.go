package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/decision"
	"github.com/tracehook/tracehook/exporter/encode/redact"
)

// Bits of the flags of a span in OTLP.
const (
	flagKnown  = 0x100
	flagRemote = 0x200
)

// mostKeys bounds how many keys are remembered.
const mostKeys = 1000

// lacks is what a recording doesn't hold of what decisions look at.
type lacks struct {
	encoding   int // spans of an encoding without flags and tracestate
	flags      int // spans whose parent may be in another process or not
	thinned    int // spans that stand for more than themselves
	attributes int // spans that have lost attributes
	entries    int // spans whose parent was in another process
	masked     map[string]int
}

// see looks at one span.
func (l *lacks) see(s *span, exact bool) {
	switch {
	case !exact:
		l.encoding++
	case s.parent.IsValid() && s.GetFlags()&flagKnown == 0:
		l.flags++
	}
	if s.remote {
		l.entries++
	}
	if s.GetDroppedAttributesCount() > 0 {
		l.attributes++
	}
	if ts, err := trace.ParseTraceState(s.GetTraceState()); err == nil && !s.parent.IsValid() {
		if st := decision.ReadState(ts, s.trace); st.HasThreshold && st.Threshold > decision.Always {
			l.thinned++
		}
	}
	for _, kv := range s.GetAttributes() {
		if strings.Contains(text(kv.GetValue()), redact.Masked) && len(l.masked) < mostKeys {
			if l.masked == nil {
				l.masked = make(map[string]int)
			}
			l.masked[kv.GetKey()]++
		}
	}
}

// Lacks says why what a configuration would keep of the recording can only be estimated. It is nil if
// the replay is exact.
func (r *Recording) Lacks(configs ...config.Config) []string {
	var all []string
	say := func(n int, format string) {
		if n > 0 {
			all = append(all, fmt.Sprintf(format, n))
		}
	}
	l := &r.lacks
	say(l.encoding, `%d spans are of an encoding without flags and tracestate: record with encoding = "otlp"`)
	say(l.flags, "%d spans don't say whether their parent was in another process")
	say(l.thinned, "%d traces stand for others that weren't recorded: record at rate 1")
	say(l.attributes, "%d spans have lost attributes to a limit")
	say(r.missing(), "the parents of %d spans weren't recorded, although they were of the same process: record at rate 1 and from the start")
	if l.entries > 0 && respectsParents(configs) {
		say(r.unsampled(), "%d spans have parents in other processes; whether those were sampled isn't recorded, and they are taken to be")
	}
	for _, key := range slices.Sorted(maps.Keys(l.masked)) {
		if asksFor(configs, key) {
			say(l.masked[key], "a rule asks for "+key+", which is redacted in %d spans: record with redact = false")
		}
	}
	return all
}

// missing counts spans whose local parent isn't there.
func (r *Recording) missing() (n int) {
	there := make(map[trace.SpanID]bool, len(r.spans))
	for i := range r.spans {
		there[r.spans[i].id] = true
	}
	for i := range r.spans {
		if s := &r.spans[i]; s.parent.IsValid() && !s.remote && !there[s.parent] {
			n++
		}
	}
	return n
}

// unsampled counts spans below remote parents that aren't recorded themselves.
func (r *Recording) unsampled() (n int) {
	there := make(map[trace.SpanID]bool, len(r.spans))
	for i := range r.spans {
		there[r.spans[i].id] = true
	}
	for i := range r.spans {
		if s := &r.spans[i]; s.remote && !there[s.parent] {
			n++
		}
	}
	return n
}

func respectsParents(configs []config.Config) bool {
	for _, cfg := range configs {
		for i := range cfg.Connections {
			if cfg.Connections[i].Sample.Parent != "ignore" {
				return true
			}
		}
	}
	return false
}

func asksFor(configs []config.Config, key string) bool {
	for _, cfg := range configs {
		for i := range cfg.Connections {
			for _, rule := range cfg.Connections[i].Sample.Rules {
				if _, ok := rule.Attrs[key]; ok {
					return true
				}
			}
		}
	}
	return false
}
