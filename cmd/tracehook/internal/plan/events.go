package plan

import (
	"cmp"
	"slices"
)

// event is the start or the end of a span.
type event struct {
	at   uint64 // Unix nanoseconds
	span int32
	end  bool
}

// events returns what happened, in its order. Files have spans in the order of their ends, so that of
// several that start at the same time the later in the file is the outer one.
func (r *Recording) events() []event {
	all := make([]event, 0, 2*len(r.spans))
	for i := range r.spans {
		s := &r.spans[i]
		start := s.GetStartTimeUnixNano()
		all = append(all, event{start, int32(i), false}, event{max(start, s.GetEndTimeUnixNano()), int32(i), true})
	}
	slices.SortFunc(all, func(a, b event) int {
		switch {
		case a.at != b.at:
			return cmp.Compare(a.at, b.at)
		case a.end != b.end && a.end:
			return 1
		case a.end != b.end:
			return -1
		case a.end:
			return cmp.Compare(a.span, b.span)
		}
		return cmp.Compare(b.span, a.span)
	})
	return all
}
