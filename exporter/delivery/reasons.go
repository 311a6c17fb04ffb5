package delivery

import "fmt"

// mostTold bounds how many reasons an error has beside the first.
const mostTold = 3

// Reasons are why parts of a batch weren't taken, of which there may be as many as spans. It keeps the
// first one and at most three others. The zero Reasons are none.
type Reasons struct {
	err  error
	told int
}

// Add adds a reason.
func (r *Reasons) Add(err error) {
	switch {
	case r.err == nil:
		r.err = err
	case r.told < mostTold && err.Error() != r.err.Error():
		r.told++
		r.err = fmt.Errorf("%w; %w", r.err, err)
	}
}

// Err returns all that were kept in one sentence; nil if there is none.
func (r *Reasons) Err() error { return r.err }
