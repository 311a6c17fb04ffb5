package w3c

import (
	"slices"
	"strings"

	"go.opentelemetry.io/otel/trace"
)

// The most of a tracestate that is looked at: the specification asks for 512 characters, and allows
// 32 members of 513.
const (
	mostMembers = 32
	mostState   = 32 * (513 + 1)
)

// What is written: the length of all, and of a member that goes before others do.
const (
	longestState  = 512
	longestMember = 128
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

// Text returns ts as it is written: of more than 512 characters, members of more than 128 go first, and
// then others, from the end, as the specification says.
func Text(ts trace.TraceState) string {
	if ts.Len() == 0 {
		return ""
	}
	short, _ := bounded(ts)
	return short.String()
}

func bounded(ts trace.TraceState) (short trace.TraceState, cut bool) {
	length := -1
	var all []member
	ts.Walk(func(key, value string) bool {
		n := len(key) + 1 + len(value)
		length += n + 1
		all = append(all, member{key, n})
		return true
	})
	for _, long := range []bool{true, false} {
		for i := len(all) - 1; i >= 0 && length > longestState; i-- {
			if m := all[i]; m.length > longestMember || !long {
				ts, length, all = ts.Delete(m.key), length-m.length-1, slices.Delete(all, i, i+1)
				cut = true
			}
		}
	}
	return ts, cut
}

type member struct {
	key    string
	length int
}
