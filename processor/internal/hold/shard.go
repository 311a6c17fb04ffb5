package hold

import (
	"sync"
	"sync/atomic"

	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/decision"
)

// shard has the parts whose trace ids share a hash.
type shard struct {
	hold *Hold

	mu      sync.Mutex
	set     *Set
	parts   map[trace.TraceID]*part
	byStart list // all parts
	byEnd   list // those that hold spans, in the order of their deadlines
	memory  memory
	free    []*part       // to be used again
	room    []vote        // for one span
	started decision.Span // a local root, while it is looked at
	closed  bool          // by Shutdown: nothing is held any more

	// For those who have no lock: when the first of each list began, or is due; 0 if it is empty.
	oldest, due atomic.Int64
	_           [64]byte
}

const (
	// maxFree is how many parts a shard keeps to be used again, maxKept how many spans such a part
	// has room for.
	maxFree = 32
	maxKept = 64
)

func (s *shard) init(h *Hold) {
	s.hold = h
	s.set = &Set{}
	s.parts = make(map[trace.TraceID]*part)
	s.byStart.links = func(p *part) *links { return &p.byStart }
	s.byEnd.links = func(p *part) *links { return &p.byEnd }
}

// begin makes a part for a trace of which nothing is open.
func (s *shard) begin(id trace.TraceID, key uint64) *part {
	var p *part
	if n := len(s.free); n > 0 {
		p, s.free = s.free[n-1], s.free[:n-1]
	} else {
		p = new(part)
	}
	p.id, p.key, p.began = id, key, s.hold.now()
	if cap(p.states) < len(s.set.conns) {
		p.states = make([]state, len(s.set.conns))
	}
	p.states = p.states[:len(s.set.conns)]
	memos := s.memory.get(key)
	for i := range p.states {
		var m memo
		if memos != nil {
			m = memos[i]
		}
		p.states[i].reset(m)
	}
	s.parts[id] = p
	s.byStart.push(p)
	s.publish()
	return p
}

// remember puts what was decided about a part into the memory.
func (s *shard) remember(p *part) {
	var memos []memo
	for i := range p.states {
		if st := &p.states[i]; st.decided {
			if memos == nil {
				memos = s.memory.put(p.key, (s.hold.options.Memory+shards-1)/shards)
				clearOthers(memos, p)
			}
			memos[i] = st.memo
		}
	}
}

// clearOthers forgets what another trace has left in the place of p's memos.
func clearOthers(memos []memo, p *part) {
	for i := range memos {
		if !p.states[i].decided {
			memos[i] = p.states[i].memo
		}
	}
}

// remove takes a part out. Everything about it has been decided.
func (s *shard) remove(p *part) {
	s.remember(p)
	s.drop(p)
}

func (s *shard) drop(p *part) {
	delete(s.parts, p.id)
	s.byStart.remove(p)
	s.byEnd.remove(p)
	s.publish()
	if cap(p.items) > maxKept || len(s.free) >= maxFree {
		return
	}
	items, votes, states := p.items[:0], p.votes[:0], p.states
	clear(items[:cap(items)])
	clear(states)
	*p = part{items: items, votes: votes, states: states}
	s.free = append(s.free, p)
}

// publish tells those who have no lock about the heads of the lists.
func (s *shard) publish() {
	var oldest, due int64
	if p := s.byStart.first; p != nil {
		oldest = p.began
	}
	if p := s.byEnd.first; p != nil {
		due = p.deadline
	}
	if s.oldest.Load() != oldest {
		s.oldest.Store(oldest)
	}
	if s.due.Load() != due {
		s.due.Store(due)
	}
}

// list is of parts, linked through themselves.
type list struct {
	links       func(*part) *links
	first, last *part
}

type links struct {
	before, after *part
	in            bool
}

func (l *list) push(p *part) {
	k := l.links(p)
	k.before, k.after, k.in = l.last, nil, true
	if l.last != nil {
		l.links(l.last).after = p
	} else {
		l.first = p
	}
	l.last = p
}

func (l *list) remove(p *part) {
	k := l.links(p)
	if !k.in {
		return
	}
	if k.before != nil {
		l.links(k.before).after = k.after
	} else {
		l.first = k.after
	}
	if k.after != nil {
		l.links(k.after).before = k.before
	} else {
		l.last = k.before
	}
	*k = links{}
}
