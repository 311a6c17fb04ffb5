package tracehook_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tracehook/tracehook"
)

func TestTraceAttrs(t *testing.T) {
	t.Parallel()
	type m = tracehook.Map
	given := m{"module": "http", "n": 1}
	tests := []struct {
		name      string
		got, want m
	}{
		{"three", tracehook.TraceAttrs("user", tracehook.TraceKindServer, "login"), m{"service": "user", "kind": "server", "target": "login"}},
		{"no target", tracehook.TraceAttrs("user", "http", ""), m{"service": "user", "kind": "http"}},
		{"kind in lower case", tracehook.TraceAttrs("user", " HTTP ", "x"), m{"service": "user", "kind": "http", "target": "x"}},
		{"any kind", tracehook.TraceAttrs("user", "saga", "x"), m{"service": "user", "kind": "saga", "target": "x"}},
		{"later wins", tracehook.TraceAttrs("user", "http", "x", given, nil, m{"n": 2, "service": "other"}), m{
			"service": "other", "kind": "http", "target": "x", "module": "http", "n": 2,
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, tt.got); diff != "" {
				t.Errorf("TraceAttrs (-want +got):\n%s", diff)
			}
		})
	}
	if len(given) != 2 || given["n"] != 1 {
		t.Errorf("the caller's map was changed: %v", given)
	}
}

func TestTraceAttrsOfConstantsAllocatesOnlyTheMap(t *testing.T) {
	plain := testing.AllocsPerRun(100, func() {
		m := make(tracehook.Map, 3+len(t.Name())%2)
		m["service"], m["kind"], m["target"] = "user", "server", "login"
		sink = m
	})
	got := testing.AllocsPerRun(100, func() { sink = tracehook.TraceAttrs("user", tracehook.TraceKindServer, "login") })
	if got > plain {
		t.Errorf("%v allocations, a map alone has %v", got, plain)
	}
}

var sink tracehook.Map
