package hold

import "go.opentelemetry.io/otel/trace"

// Shards is how many there are.
const Shards = shards

// Shard returns the number of the shard that has the parts of a trace.
func (h *Hold) Shard(id trace.TraceID) int { return int(h.key(&id) % shards) }

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

// Parts returns how many parts there are.
func (h *Hold) Parts() (n int) {
	for i := range h.shards {
		s := &h.shards[i]
		s.mu.Lock()
		n += len(s.parts)
		s.mu.Unlock()
	}
	return n
}

// Room returns how many spans the parts that there are have room for.
func (h *Hold) Room() (n int) {
	for i := range h.shards {
		s := &h.shards[i]
		s.mu.Lock()
		for _, p := range s.parts {
			n += cap(p.items)
		}
		s.mu.Unlock()
	}
	return n
}
