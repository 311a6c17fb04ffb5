package spannote_test

import (
	"encoding/binary"
	"math/rand/v2"
	"sync"
	"testing"

	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/decision"
	"github.com/tracehook/tracehook/internal/spannote"
)

// contexts returns n span contexts of a few traces.
func contexts(n int) []trace.SpanContext {
	random := rand.New(rand.NewPCG(1, 2))
	all := make([]trace.SpanContext, n)
	for i := range all {
		c := trace.SpanContextConfig{TraceID: trace.TraceID{0: 1, 14: byte(i >> 12), 15: byte(i >> 4)}}
		binary.BigEndian.PutUint64(c.SpanID[:], random.Uint64()|1)
		all[i] = trace.NewSpanContext(c)
	}
	return all
}

func TestTable(t *testing.T) {
	t.Parallel()
	table := spannote.NewTable()
	all := contexts(2000)
	if _, ok := table.Get(&all[0]); ok {
		t.Error("an empty table knows a span")
	}
	if _, ok := table.End(&all[0]); ok {
		t.Error("a span ends that never began")
	}
	for i := range all[:1000] {
		table.Put(&all[i], spannote.New(decision.Origin(i%5), i%3 == 0, uint8(i)))
	}
	for i := range all[:1000] {
		for _, get := range []func(*trace.SpanContext) (spannote.Note, bool){table.Get, table.End, table.Get} {
			n, ok := get(&all[i])
			if !ok || n.Origin() != decision.Origin(i%5) || n.Export() != (i%3 == 0) || n.Era() != uint8(i%spannote.Eras) {
				t.Fatalf("span %d: %v, origin %v, export %v, era %d", i, ok, n.Origin(), n.Export(), n.Era())
			}
		}
	}
	for i := range all[1000:] {
		if _, ok := table.Get(&all[1000+i]); ok {
			t.Fatalf("span %d is known, though nobody has noted it", 1000+i)
		}
	}
}

// Spans that are open outlast any number of others that end.
func TestTableKeepsOpenSpans(t *testing.T) {
	t.Parallel()
	table := spannote.NewTable()
	all := contexts(300_000)
	open := all[:5000]
	for i := range open {
		table.Put(&open[i], spannote.New(decision.Local, false, 0))
	}
	for i := range all[5000:] {
		sc := &all[5000+i]
		table.Put(sc, spannote.New(decision.Inherited, false, 0))
		if _, ok := table.End(sc); !ok {
			t.Fatalf("span %d is forgotten at once", i)
		}
	}
	for i := range open {
		if n, ok := table.Get(&open[i]); !ok || n.Origin() != decision.Local {
			t.Fatalf("open span %d is forgotten", i)
		}
	}
	last := 0
	for i := range all[len(all)-1000:] {
		if _, ok := table.Get(&all[len(all)-1000+i]); ok {
			last++
		}
	}
	if last < 980 {
		t.Errorf("only %d of the last 1000 spans are remembered", last)
	}
}

func TestTableConcurrentSafe(t *testing.T) {
	t.Parallel()
	table := spannote.NewTable()
	all := contexts(20_000)
	var group sync.WaitGroup
	for g := range 8 {
		group.Go(func() {
			for i := g; i < len(all); i += 8 {
				want := spannote.New(decision.Origin(i%5), false, uint8(i))
				table.Put(&all[i], want)
				if n, ok := table.End(&all[i]); !ok || n.Origin() != want.Origin() || n.Era() != want.Era() {
					t.Errorf("span %d: %v, origin %v, want %v", i, ok, n.Origin(), want.Origin())
				}
			}
		})
	}
	group.Wait()
}

func TestTableDoesNotAllocate(t *testing.T) {
	table := spannote.NewTable()
	all := contexts(2000)
	table.Put(&all[0], 0)
	i := 0
	if n := testing.AllocsPerRun(1000, func() {
		i++
		table.Put(&all[i], spannote.New(decision.Local, false, 1))
		table.Get(&all[i])
		table.End(&all[i])
	}); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}
