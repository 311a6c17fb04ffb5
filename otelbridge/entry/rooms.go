package entry

import (
	"sync"

	"go.opentelemetry.io/otel/attribute"
)

// rooms are reused from request to request: a span copies the attributes that it is given.
type rooms struct{ pool sync.Pool }

type room [20]attribute.KeyValue

func (r *rooms) get() *room {
	if free, ok := r.pool.Get().(*room); ok {
		return free
	}
	return new(room)
}

func (r *rooms) put(used *room) {
	clear(used[:])
	r.pool.Put(used)
}
