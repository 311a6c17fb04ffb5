package propagators

import (
	"context"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/propagation"
)

const (
	traceparent = "traceparent"
	tracestate  = "tracestate"
)

// TraceContext is [propagation.TraceContext] for requests whose headers have several lines: it joins
// all lines of tracestate, as the specification says, keeps the first of members with equal keys, and
// refuses a request with more than one traceparent. Other carriers than those that implement
// [propagation.ValuesGetter] have one line only.
type TraceContext struct{ propagation.TraceContext }

// Extract returns ctx with the remote span context of carrier, or ctx if there is none.
func (t TraceContext) Extract(ctx context.Context, carrier propagation.TextMapCarrier) context.Context {
	parent, ok := single(carrier, traceparent)
	if !ok {
		return ctx
	}
	return t.TraceContext.Extract(ctx, lines{parent, members(valuesOf(carrier, tracestate))})
}

// lines is a carrier of the two headers.
type lines struct{ traceparent, tracestate string }

func (l lines) Get(key string) string {
	switch key {
	case traceparent:
		return l.traceparent
	case tracestate:
		return l.tracestate
	}
	return ""
}

func (lines) Set(string, string) {}

func (lines) Keys() []string { return []string{traceparent, tracestate} }

// valuesOf returns all lines of a header.
func valuesOf(carrier propagation.TextMapCarrier, key string) []string {
	if getter, ok := carrier.(propagation.ValuesGetter); ok {
		return getter.Values(key)
	}
	if v := carrier.Get(key); v != "" {
		return []string{v}
	}
	return nil
}

// single returns the value of a header that may have one line only.
func single(carrier propagation.TextMapCarrier, key string) (value string, ok bool) {
	switch values := valuesOf(carrier, key); len(values) {
	case 0:
		return "", false
	case 1:
		return strings.Trim(values[0], " \t"), true
	default:
		return "", false
	}
}

// The most of a tracestate that is looked at: the specification asks for 512 characters, and allows
// 32 members of 513.
const (
	mostMembers = 32
	mostState   = 32 * (513 + 1)
)

// members joins the lines of tracestate. Empty members are left out, and so are members whose key
// stood before. It is empty if there are too many, and for a member that is none: then the whole of
// it counts as absent.
func members(all []string) string {
	if len(all) == 1 && strings.IndexByte(all[0], ',') < 0 {
		return strings.Trim(all[0], " \t")
	}
	var out strings.Builder
	var keys [mostMembers]string
	n := 0
	for _, line := range all {
		if out.Len()+len(line) > mostState {
			return ""
		}
		for member := range strings.SplitSeq(line, ",") {
			if member = strings.Trim(member, " \t"); member == "" {
				continue
			}
			key, _, _ := strings.Cut(member, "=")
			if slices.Contains(keys[:n], key) {
				continue
			}
			if n == mostMembers {
				return ""
			}
			keys[n] = key
			n++
			if out.Len() > 0 {
				out.WriteByte(',')
			}
			out.WriteString(member)
		}
	}
	return out.String()
}
