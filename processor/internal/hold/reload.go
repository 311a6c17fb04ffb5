package hold

// Reload replaces the connections. For those that go away, or come back with another policy or
// sink, what is held is decided now by the policy that they had; what is remembered stays, by
// name. A connection that comes sees the spans that end from now on.
func (h *Hold) Reload(next *Set) {
	for i := range h.shards {
		h.shards[i].reload(next)
	}
}

func (s *shard) reload(next *Set) {
	s.mu.Lock()
	before := s.set
	from := make([]int, len(next.conns)) // the index that a connection had
	stays := make([]bool, len(before.conns))
	for i := range next.conns {
		c := &next.conns[i]
		from[i] = before.index(c.Name)
		if at := from[i]; at >= 0 {
			stays[at] = before.conns[at].Policy == c.Policy && before.conns[at].Sink == c.Sink
		}
	}
	var outs []*release
	for p := s.byStart.first; p != nil; {
		after := p.byStart.after
		var out *release
		for i := range p.states {
			if !stays[i] && !p.states[i].decided && len(p.items) > 0 {
				out = s.decide(out, p, i, ByReload)
			}
		}
		if out != nil {
			outs = append(outs, out)
		}
		p.remap(from, stays)
		p = after
	}
	s.memory.remap(from)
	s.set = next
	for p := s.byStart.first; p != nil; {
		after := p.byStart.after
		s.settle(p, ByReload)
		if len(next.conns) == 0 {
			s.drop(p)
		}
		p = after
	}
	s.mu.Unlock()
	for _, out := range outs {
		out.handOver()
	}
}

// remap moves what a part has of connections to others. One whose policy has changed and that
// had held nothing yet goes on with the new one.
func (p *part) remap(from []int, stays []bool) {
	states := make([]state, len(from))
	votes := make([]vote, len(p.items)*len(from))
	for i, f := range from {
		if f < 0 {
			continue
		}
		states[i] = p.states[f]
		if !stays[f] && !states[i].decided {
			states[i].reset(states[i].memo)
		}
		for at := range p.items {
			votes[at*len(from)+i] = p.votes[at*len(p.states)+f]
		}
	}
	p.states, p.votes = states, votes
}

// Shutdown decides about everything that is held. Spans that end later are decided one by one.
func (h *Hold) Shutdown() {
	h.timer.stop()
	for i := range h.shards {
		s := &h.shards[i]
		for {
			var out *release
			s.mu.Lock()
			s.closed = true
			p := s.byStart.first
			if p != nil {
				if len(p.items) > 0 {
					out = s.decideAll(p, ByShutdown)
				}
				s.remove(p)
			}
			s.mu.Unlock()
			out.handOver()
			if p == nil {
				break
			}
		}
	}
}
