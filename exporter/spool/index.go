package spool

import (
	"slices"
	"time"
)

// maxCached bounds the bodies that stay in memory until they are sent, so that a spool in
// mode always doesn't read back what it wrote a moment ago.
const maxCached = 4 << 20

// index is what is on disk, oldest first.
type index struct {
	entries []entry // entries[head:] are there
	head    int
	seq     uint64 // the last number given
	used    int64  // bytes, reserved ones included
	spans   int64
	cached  int64
}

func (x *index) len() int { return len(x.entries) - x.head }

// number gives e the next number, and takes the room for it.
func (x *index) number(e *entry) {
	x.used += e.cost()
	x.seq++
	e.seq = x.seq
}

// add inserts e by its number. Writers may finish in another order than they began.
func (x *index) add(e entry) {
	if e.body != nil {
		if x.cached+e.size > maxCached {
			e.body = nil
		} else {
			x.cached += e.size
		}
	}
	x.spans += int64(e.spans)
	i := len(x.entries)
	for i > x.head && x.entries[i-1].seq > e.seq {
		i--
	}
	x.entries = slices.Insert(x.entries, i, e)
}

// at returns the i-th oldest.
func (x *index) at(i int) (entry, bool) {
	if i >= x.len() {
		return entry{}, false
	}
	return x.entries[x.head+i], true
}

// change calls f with the entry numbered seq, if it is still there.
func (x *index) change(seq uint64, f func(*entry)) {
	if i, ok := x.find(seq); ok {
		f(&x.entries[i])
	}
}

// remove takes an entry out, and reports whether it was there.
func (x *index) remove(seq uint64) bool {
	i, ok := x.find(seq)
	if !ok {
		return false
	}
	e := &x.entries[i]
	x.used -= e.cost()
	x.spans -= int64(e.spans)
	if e.body != nil {
		x.cached -= e.size
	}
	*e = entry{}
	if i != x.head {
		x.entries = slices.Delete(x.entries, i, i+1)
		return true
	}
	x.head++
	if x.head > 1024 && x.head*2 > len(x.entries) { // rarely, so that it costs nothing on the whole
		x.entries = slices.Clone(x.entries[x.head:])
		x.head = 0
	}
	return true
}

func (x *index) find(seq uint64) (int, bool) {
	i, ok := slices.BinarySearchFunc(x.entries[x.head:], seq, func(e entry, seq uint64) int {
		switch {
		case e.seq < seq:
			return -1
		case e.seq > seq:
			return 1
		}
		return 0
	})
	return x.head + i, ok
}

// expired returns the oldest entry if it is too old.
func (x *index) expired(now time.Time, age time.Duration) (entry, bool) {
	e, ok := x.at(0)
	return e, ok && e.age(now) > age
}
