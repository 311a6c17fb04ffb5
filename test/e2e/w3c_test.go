package e2e_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/propagation"

	"github.com/tracehook/tracehook"
	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/otelbridge"
)

const (
	w3cTrace  = "12345678901234567890123456789012"
	w3cSpan   = "1234567890123456"
	w3cParent = "00-" + w3cTrace + "-" + w3cSpan + "-01"
)

// w3cCase is one of the W3C's validation suite for trace context, in own words: what a service gets, and
// whether it goes on with the trace. A tracestate of "-" may be anything.
type w3cCase struct {
	name   string
	header []string // pairs
	goesOn bool
	state  string
}

func w3cCases() []w3cCase {
	many := func(n int) string {
		var all []string
		for i := range n {
			all = append(all, fmt.Sprintf("bar%02d=%d", i, i))
		}
		return strings.Join(all, ",")
	}
	with := func(traceparent string) []string { return []string{"traceparent", traceparent} }
	state := func(lines ...string) []string {
		h := with(w3cParent)
		for _, l := range lines {
			h = append(h, "tracestate", l)
		}
		return h
	}
	keys := "abcdefghijklmnopqrstuvwxyz0123456789_-*/"
	var values strings.Builder
	for c := rune(0x21); c <= 0x7e; c++ {
		if c != ',' && c != '=' {
			values.WriteRune(c)
		}
	}
	allowed := keys + "@a-z0-9_-*/=" + values.String()
	allowed = strings.Replace(allowed, "@a-z0-9_-*/", "@foo", 1)
	var all []w3cCase
	add := func(name string, header []string, goesOn bool, state string) {
		all = append(all, w3cCase{name, header, goesOn, state})
	}
	add("both missing", nil, false, "")
	add("traceparent alone", with(w3cParent), true, "")
	add("two traceparents", append(with(w3cParent), with("00-"+w3cTrace+"-1234567890123455-01")...), false, "-")
	add("the same traceparent twice", append(with(w3cParent), with(w3cParent)...), false, "-")
	for _, name := range []string{"trace-parent", "trace.parent"} {
		add("header "+name, []string{name, w3cParent}, false, "-")
	}
	for _, name := range []string{"TraceParent", "TrAcEpArEnT", "TRACEPARENT"} {
		add("header "+name, []string{name, w3cParent}, true, "")
	}
	add("version 00 and a dot", with(w3cParent+"."), false, "-")
	add("version 00 and more", with(w3cParent+"-what-the-future-will-be-like"), false, "-")
	add("version cc", with("cc-"+w3cParent[3:]), true, "")
	add("version cc and more", with("cc-"+w3cParent[3:]+"-what-the-future-will-be-like"), true, "")
	add("version cc and a dot", with("cc-"+w3cParent[3:]+".what-the-future-will-not-be-like"), false, "-")
	add("version ff", with("ff-"+w3cParent[3:]), false, "-")
	for _, version := range []string{".0", "0.", "000", "0000", "0"} {
		add("version "+version, with(version+w3cParent[2:]), false, "-")
	}
	for _, id := range []string{
		strings.Repeat("0", 32), "." + w3cTrace[1:], w3cTrace[:31] + ".", w3cTrace + "3", w3cTrace[:31],
		strings.ToUpper("abcdef" + w3cTrace[6:]),
	} {
		add("trace id "+id, with("00-"+id+"-"+w3cSpan+"-01"), false, "-")
	}
	for _, id := range []string{strings.Repeat("0", 16), "." + w3cSpan[1:], w3cSpan[:15] + ".", w3cSpan + "7", w3cSpan[:15]} {
		add("parent id "+id, with("00-"+w3cTrace+"-"+id+"-01"), false, "-")
	}
	for _, flags := range []string{".0", "0.", "001", "1"} {
		add("flags "+flags, with("00-"+w3cTrace+"-"+w3cSpan+"-"+flags), false, "-")
	}
	for _, space := range []string{" ", "\t", "\t ", " \t"} {
		add("white space before "+strconv.Quote(space), with(space+w3cParent), true, "")
		add("white space behind "+strconv.Quote(space), with(w3cParent+space), true, "")
	}
	add("tracestate alone", []string{"tracestate", "foo=1"}, false, "")
	add("both", state("foo=1,bar=2"), true, "foo=1,bar=2")
	for _, name := range []string{"trace-state", "trace.state"} {
		add("header "+name, append(with(w3cParent), name, "foo=1"), true, "")
	}
	for _, name := range []string{"TraceState", "TrAcEsTaTe", "TRACESTATE"} {
		add("header "+name, append(with(w3cParent), name, "foo=1"), true, "foo=1")
	}
	add("an empty line behind", state("foo=1", ""), true, "foo=1")
	add("an empty line before", state("", "foo=1"), true, "foo=1")
	add("several lines", state("foo=1,bar=2", "rojo=1,congo=2", "baz=3"), true, "foo=1,bar=2,rojo=1,congo=2,baz=3")
	add("equal members", state("foo=1,foo=1"), true, "foo=1")
	add("equal keys", state("foo=1,foo=2"), true, "foo=1")
	add("equal members in two lines", state("foo=1", "foo=1"), true, "foo=1")
	add("equal keys in two lines", state("foo=1", "foo=2"), true, "foo=1")
	add("all characters", state(allowed), true, allowed)
	for _, space := range []string{" ", "\t", " \t", "\t "} {
		add("white space around members "+strconv.Quote(space), state("foo=1"+space+","+space+"bar=2"), true, "foo=1,bar=2")
		add("white space around the state "+strconv.Quote(space), state(space+"foo=1"+space), true, "foo=1")
	}
	for _, wrong := range []string{
		"foo =1", "FOO=1", "foo.bar=1", "foo@=1,bar=2", "@foo=1,bar=2", "foo@@bar=1,bar=2", "foo@bar@baz=1,bar=2",
		"foo=bar=baz", "foo=,bar=3", strings.Repeat("z", 257) + "=1", strings.Repeat("t", 242) + "@v=1", strings.Repeat("t", 241) + "@" + strings.Repeat("v", 15) + "=1",
		many(33),
	} {
		add("state "+wrong, state(wrong), true, "")
	}
	add("32 members", state(many(16), many(32)[len(many(16))+1:]), true, many(32))
	add("33 members in two lines", state(many(32), "foo=1"), true, "")
	add("the longest key", state("foo=1,"+strings.Repeat("z", 256)+"=1"), true, "foo=1,"+strings.Repeat("z", 256)+"=1")
	add("the longest tenant and system", state(strings.Repeat("t", 241)+"@"+strings.Repeat("v", 14)+"=1"), true, strings.Repeat("t", 241)+"@"+strings.Repeat("v", 14)+"=1")
	return all
}

// TestW3C asks otelhttp with a Bridge's propagator, Hook.Extract and Inject, and Meta. No case fails.
func TestW3C(t *testing.T) {
	t.Parallel()
	cfg, err := config.Parse([]byte("[trace]\ndriver = \"none\"\n"), "toml", config.WithEnviron(func() []string { return nil }))
	if err != nil {
		t.Fatal(err)
	}
	b, err := otelbridge.New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Shutdown(context.Background()) })
	hook := otelbridge.NewHook[*tracehook.Meta, tracehook.TraceSpan](b.TracerProvider(), b.HookOptions()...)
	plain := otelbridge.NewHook[*tracehook.Meta, tracehook.TraceSpan](b.TracerProvider())
	through := map[string]func(http.Header) http.Header{
		"otelhttp": func(in http.Header) http.Header {
			out := http.Header{}
			h := otelhttp.NewHandler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				b.Propagator().Inject(r.Context(), propagation.HeaderCarrier(out))
			}), "x", otelhttp.WithTracerProvider(b.TracerProvider()), otelhttp.WithPropagators(b.Propagator()))
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)
			r.Header = in
			h.ServeHTTP(httptest.NewRecorder(), r)
			return out
		},
		"Hook":                func(in http.Header) http.Header { return hop(hook, in) },
		"Hook without Bridge": func(in http.Header) http.Header { return hop(plain, in) },
		"Meta": func(in http.Header) http.Header {
			m := tracehook.NewMeta()
			m.Metadata(tracehook.Metadata{
				TraceParent: strings.Join(trimmed(in.Values("Traceparent")), ","), TraceState: strings.Join(in.Values("Tracestate"), ","),
			})
			span := hook.Begin(m, "n", nil)
			defer span.End()
			out := m.Metadata()
			return http.Header{"Traceparent": {out.TraceParent}, "Tracestate": {out.TraceState}}
		},
	}
	for name, pass := range through {
		for _, tt := range w3cCases() {
			in := http.Header{}
			for i := 0; i < len(tt.header); i += 2 {
				in.Add(tt.header[i], tt.header[i+1])
			}
			out := pass(in)
			parent, state := out.Get("Traceparent"), out.Get("Tracestate")
			ok := len(parent) == 55 && parent[36:52] != w3cSpan && strings.Contains(parent, w3cTrace) == tt.goesOn
			if ok = ok && (tt.state == "-" || state == tt.state); !ok {
				t.Errorf("%s: %s: %q becomes %s, %q", name, tt.name, tt.header, parent, state)
			}
		}
	}
}

func hop(h *otelbridge.Hook[*tracehook.Meta, tracehook.TraceSpan], in http.Header) http.Header {
	m, out := tracehook.NewMeta(), http.Header{}
	h.Extract(m, propagation.HeaderCarrier(in))
	span := h.Begin(m, "n", nil)
	defer span.End()
	h.Inject(m, propagation.HeaderCarrier(out))
	return out
}

// trimmed leaves out the white space around values, as net/http does when it reads headers.
func trimmed(values []string) []string {
	for i, v := range values {
		values[i] = strings.Trim(v, " \t")
	}
	return values
}
