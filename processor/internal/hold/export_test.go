package hold

// Open returns how many spans of the parts that there are have started and not ended.
func (h *Hold) Open() (n int) {
	for i := range h.shards {
		s := &h.shards[i]
		s.mu.Lock()
		for _, p := range s.parts {
			n += p.open
		}
		s.mu.Unlock()
	}
	return n
}
