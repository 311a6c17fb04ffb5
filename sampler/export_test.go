package sampler

import "github.com/tracehook/tracehook/internal/spannote"

// Forget loses all notes, as many other spans and traces would make it.
func (h *Head) Forget() {
	h.spans = spannote.NewTable()
	h.traces.rows.Store(new(traceRows))
}
