package otelbridge_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/propagation"

	"github.com/tracehook/tracehook/otelbridge"
)

// stranger makes tracestates of others, with or without a member of OpenTelemetry's.
type stranger struct{ *rand.Rand }

func (r stranger) text(alphabet string, least, most int) string {
	b := make([]byte, least+r.IntN(most-least+1))
	for i := range b {
		b[i] = alphabet[r.IntN(len(alphabet))]
	}
	return string(b)
}

func (r stranger) members() []string {
	const lower = "abcdefghijklmnopqrstuvwxyz"
	var all []string
	n, length := r.IntN(33), 0
	for i := range n {
		key := r.text(lower, 1, 1) + r.text(lower+"0123456789_-*/", 0, 6) + "/" + strconv.Itoa(i)
		if r.IntN(4) == 0 {
			key += "@" + r.text(lower, 1, 5)
		}
		m := key + "=" + r.text(lower+"ABC:;!#/ .", 0, 8) + r.text(lower, 1, 1)
		if key == "ot" || length+len(m)+1 > 480 {
			continue
		}
		length += len(m) + 1
		all = append(all, m)
	}
	switch {
	case r.IntN(3) > 0 || len(all) == 32:
	case r.IntN(2) == 0:
		all = slices.Insert(all, r.IntN(len(all)+1), "ot=th:8;rv:ffffffffffffff")
	default:
		all = slices.Insert(all, r.IntN(len(all)+1), "ot=th:c;x:y")
	}
	return all
}

// foreign returns the members of others.
func foreign(members []string) []string {
	return slices.DeleteFunc(slices.Clone(members), func(m string) bool { return strings.HasPrefix(m, "ot=") })
}

// Whatever others have put into a tracestate arrives as it was, over one to three services of ours, in at
// most 32 members and 512 characters, and with nothing private of ours. (Where our member has to be added
// to 32, or to 500 characters, the last of the others make room.)
func TestMembersOfOthersSurvive(t *testing.T) {
	t.Parallel()
	var services []*otelbridge.Bridge
	for _, toml := range []string{
		"", "[otel]\nweights = \"always\"\n[trace.m.sample]\nrate = 0.1", "[trace.m.sample]\nrate = 0.3\nparent = \"ignore\"",
	} {
		b, err := propagating(t, toml, nil)
		if err != nil {
			t.Fatal(err)
		}
		services = append(services, b)
	}
	r := stranger{rand.New(rand.NewPCG(1, 2))}
	for range 24_000 {
		in := r.members()
		h := http.Header{"Traceparent": {fmt.Sprintf("00-%016x%016x-0102030405060708-0%d", r.Uint64()|1, r.Uint64(), r.IntN(2))}}
		cut := r.IntN(len(in) + 1)
		for _, line := range [][]string{in[:cut], in[cut:]} {
			if len(line) > 0 {
				h.Add("Tracestate", strings.Join(line, ","))
			}
		}
		added := false
		for range 1 + r.IntN(3) {
			i := r.IntN(len(services))
			added = added || i == 2
			b := services[i]
			ctx, span := b.TracerProvider().Tracer("t").Start(b.Propagator().Extract(t.Context(), propagation.HeaderCarrier(h)), "n")
			h = http.Header{}
			b.Propagator().Inject(ctx, propagation.HeaderCarrier(h))
			span.End()
		}
		text := h.Get("Tracestate")
		var out []string
		if text != "" {
			out = strings.Split(text, ",")
		}
		want, got := foreign(in), foreign(out)
		room := added && (len(want) == 32 || len(strings.Join(want, ",")) > 440)
		if !slices.Equal(got, want) && (!room || len(got) > len(want) || !slices.Equal(got, want[:len(got)])) {
			t.Fatalf("%q arrives as %q", in, text)
		}
		if len(out) > 32 || len(text) > 512 || strings.Contains(text, "tracehook") || len(h.Values("Tracestate")) > 1 {
			t.Fatalf("%d members in %d characters: %q", len(out), len(text), text)
		}
	}
}
