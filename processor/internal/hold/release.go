package hold

// release is spans that have been decided about under a shard's lock, to be handed over after it.
type release struct {
	hold   *Hold
	groups []group
	used   int
}

// group is spans for one connection.
type group struct {
	sink  Sink
	all   []Decided
	cause Cause // of a decision about a part
	late  bool  // instead, a single span after that decision
	pass  bool  // late, but nothing could change
}

func (h *Hold) newRelease() *release {
	r, ok := h.releases.Get().(*release)
	if !ok {
		r = &release{hold: h}
	}
	return r
}

// next returns an empty group.
func (r *release) next(to Sink) *group {
	if r.used == len(r.groups) {
		r.groups = append(r.groups, group{})
	}
	g := &r.groups[r.used]
	r.used++
	g.sink, g.all, g.late, g.pass = to, g.all[:0], false, false
	return g
}

// last returns the newest group.
func (r *release) last() *group { return &r.groups[r.used-1] }

// handOver hands all spans over. The caller has no lock.
func (r *release) handOver() {
	if r == nil {
		return
	}
	for i := range r.used {
		g := &r.groups[i]
		switch {
		case g.pass:
			g.sink.Pass(&g.all[0])
		case g.late:
			g.sink.Late(&g.all[0])
		default:
			g.sink.Count(g.cause)
			if len(g.all) > 0 {
				g.sink.Release(g.all)
			}
		}
		if cap(g.all) > maxKept {
			g.all = nil
		} else {
			clear(g.all)
		}
		g.sink = nil
	}
	r.used = 0
	r.hold.releases.Put(r)
}
