package hold

import (
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/decision"
)

// Start says that a span has started, while some connection wants whole traces. Root reports
// whether it is a local root: one without a parent, or with one that this process hasn't begun.
func (h *Hold) Start(s sdktrace.ReadOnlySpan, root bool) {
	h.catchUp()
	id := s.SpanContext().TraceID()
	key := h.key(&id)
	sh := &h.shards[key%shards]
	var out *release
	sh.mu.Lock()
	p := sh.parts[id]
	if p == nil {
		if sh.closed || len(sh.set.conns) == 0 {
			sh.mu.Unlock()
			return
		}
		if len(sh.parts) >= h.maxParts() {
			out = sh.forget(sh.byStart.first)
		}
		p = sh.begin(id, key)
	}
	p.open++
	if root {
		p.openRoots++
		if p.root == nil {
			p.root = s
		}
		sh.voteAtStart(p, s)
	}
	sh.mu.Unlock()
	out.handOver()
}

// maxParts is how many parts a shard has.
func (h *Hold) maxParts() int { return max(1, h.options.Memory/shards) }

// voteAtStart counts what is known of a local root at its start: if the part is decided before the root has
// ended, that vote counts. Where all spans have the same vote, nobody has to ask.
func (s *shard) voteAtStart(p *part, root sdktrace.ReadOnlySpan) {
	sp := &s.started
	for i := range s.set.conns {
		c, st := &s.set.conns[i], &p.states[i]
		if c.traits.Constant || st.decided {
			continue
		}
		if sp.Ended == nil {
			*sp = decision.Span{Ended: root, Context: root.SpanContext()}
			s.ensureRoom()
			s.set.vote(s.room, sp)
		}
		st.started.add(&s.room[i].Vote, sp)
	}
	*sp = decision.Span{}
}

func (s *shard) ensureRoom() {
	if len(s.room) != len(s.set.conns) {
		s.room = make([]vote, len(s.set.conns))
	}
}
