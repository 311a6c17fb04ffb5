package hold

import (
	"github.com/tracehook/tracehook/decision"
)

// End takes a span that has ended for the connections of set, which is in force or was a moment
// ago. Root is as in Start, bytes an estimate of what the span takes. The span is copied.
func (h *Hold) End(set *Set, s *decision.Span, root bool, bytes int64) {
	h.catchUp()
	id := s.Context.TraceID()
	key := h.key(&id)
	sh := &h.shards[key%shards]
	for i := range set.conns {
		set.conns[i].Sink.Enter()
	}
	room := h.ask(set, s) // before the lock: policies are what takes longest
	var out *release
	sh.mu.Lock()
	if sh.set == set {
		sh.room, *room = *room, sh.room
	} else { // a reload is going on
		sh.ensureRoom()
		sh.set.vote(sh.room, s)
		out = sh.translate(set, s, root, bytes)
	}
	if p := sh.parts[id]; p != nil && !sh.closed {
		out = sh.end(out, p, s, root, bytes)
	} else {
		out = sh.unknown(out, key, s, root, bytes)
	}
	sh.mu.Unlock()
	h.rooms.Put(room)
	out.handOver()
	if h.spans.Load() > int64(h.options.MaxSpans) || h.bytes.Load() > h.options.MaxBytes {
		h.shrink()
	}
}

// ask returns the votes of set about s, in room that is used again.
func (h *Hold) ask(set *Set, s *decision.Span) *[]vote {
	room, ok := h.rooms.Get().(*[]vote)
	if !ok {
		room = new([]vote)
	}
	if len(*room) != len(set.conns) {
		*room = make([]vote, len(set.conns))
	}
	set.vote(*room, s)
	return room
}

// Skip counts the end of a span that no connection wants.
func (h *Hold) Skip(s *decision.Span) {
	id := s.Context.TraceID()
	key := h.key(&id)
	sh := &h.shards[key%shards]
	var out *release
	sh.mu.Lock()
	if p := sh.parts[id]; p != nil {
		sh.ensureRoom()
		for i := range sh.room {
			sh.room[i].none = true
		}
		out = sh.end(nil, p, s, false, 0)
	}
	sh.mu.Unlock()
	out.handOver()
}

// translate makes the votes those of the connections of set, while a reload is going on: those
// that aren't in it have none, and those that are in no part decide alone.
func (s *shard) translate(set *Set, sp *decision.Span, root bool, bytes int64) (out *release) {
	for i := range s.set.conns {
		s.room[i].none = set.index(s.set.conns[i].Name) < 0
	}
	for i := range set.conns {
		c := &set.conns[i]
		if s.set.index(c.Name) < 0 {
			one := []vote{{}}
			(&Set{conns: set.conns[i : i+1]}).vote(one, sp)
			out = s.late(out, c, &one[0].Vote, &memo{}, sp, root, bytes)
		}
	}
	return out
}

// end counts a span that has ended in its part.
func (s *shard) end(out *release, p *part, sp *decision.Span, root bool, bytes int64) *release {
	p.open--
	waits, isLate := false, false
	for i := range p.states {
		st, v := &p.states[i], &s.room[i]
		switch {
		case v.none:
			continue
		case st.decided:
			out = s.late(out, &s.set.conns[i], &v.Vote, &st.memo, sp, root, bytes)
			out.last().pass = !p.early
			isLate = isLate || p.early
			continue
		}
		v.waits, waits = true, true
		st.add(&v.Vote, sp, root)
		p.liftable = p.liftable || v.Liftable
	}
	if waits {
		s.keep(p, sp, bytes)
	}
	if isLate {
		s.hold.counts.late.Add(1)
	}
	if root && p.openRoots > 0 {
		p.openRoots--
	}
	cause, all := Complete, p.open <= 0
	if !all && len(p.items) >= s.hold.options.MaxTraceSpans {
		cause, all = BySize, true
	}
	for i := range p.states {
		if st := &p.states[i]; !st.decided && (all || s.isCertain(p, i)) {
			out = s.decide(out, p, i, cause)
		}
	}
	s.settle(p, cause)
	if p.open <= 0 {
		s.remove(p)
	} else if root && p.root != nil && p.root.SpanContext().SpanID() == sp.Context.SpanID() {
		p.root = nil
	}
	return out
}

// keep holds a span until its part is decided.
func (s *shard) keep(p *part, sp *decision.Span, bytes int64) {
	if p.deadline == 0 {
		p.deadline = s.hold.now() + int64(s.hold.options.Wait)
		s.byEnd.push(p)
		s.publish()
		if p.open > 0 {
			s.hold.timer.arm(p.deadline)
		}
	}
	p.items = append(p.items, item{*sp, bytes})
	p.votes = append(p.votes, s.room...)
	p.bytes += bytes
	s.hold.spans.Add(1)
	s.hold.bytes.Add(bytes)
}

// settle lets go of the held spans once all connections have decided about them.
func (s *shard) settle(p *part, cause Cause) {
	for i := range p.states {
		if !p.states[i].decided {
			return
		}
	}
	if !p.counted {
		p.counted = true
		s.hold.counts.add(cause)
	}
	if len(p.items) == 0 {
		return
	}
	s.hold.spans.Add(-int64(len(p.items)))
	s.hold.bytes.Add(-p.bytes)
	if cap(p.items) > maxKept {
		p.items, p.votes = nil, nil
	} else {
		clear(p.items)
		p.items, p.votes = p.items[:0], p.votes[:0]
	}
	p.bytes = 0
	if p.deadline != 0 {
		p.deadline = 0
		s.byEnd.remove(p)
		s.publish()
	}
}
