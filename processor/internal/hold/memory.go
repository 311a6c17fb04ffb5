package hold

// memory remembers decisions, a fixed number of them: the oldest of a bucket makes room for the
// next, whatever it says. It takes no room before the first one. It is guarded by its shard's lock.
type memory struct {
	buckets []bucket
	memos   []memo // of all places, each with one for each connection
	stride  int
}

const bucketSize = 8

// bucket is the keys that share a hash, and which is replaced next.
type bucket struct {
	keys [bucketSize]uint64 // 0 is empty
	next uint32
}

func (m *memory) bucket(key uint64) (b *bucket, at int) {
	at = int(key >> 32 % uint64(len(m.buckets)))
	return &m.buckets[at], at
}

// get returns the memos of a trace, to be read or changed; nil if there are none.
func (m *memory) get(key uint64) []memo {
	if len(m.buckets) == 0 {
		return nil
	}
	b, at := m.bucket(key)
	for i, k := range b.keys {
		if k == key|1 {
			return m.place(at, i)
		}
	}
	return nil
}

func (m *memory) place(at, i int) []memo {
	from := (at*bucketSize + i) * m.stride
	return m.memos[from : from+m.stride]
}

// put returns the place for the memos of a trace, which may have been those of another one.
func (m *memory) put(key uint64, size int) []memo {
	if memos := m.get(key); memos != nil {
		return memos
	}
	if len(m.buckets) == 0 {
		m.buckets = make([]bucket, max(1, (size+bucketSize-1)/bucketSize))
		m.memos = make([]memo, len(m.buckets)*bucketSize*m.stride)
	}
	b, at := m.bucket(key)
	i := int(b.next % bucketSize)
	b.next++
	b.keys[i] = key | 1
	return m.place(at, i)
}

// remap moves what is remembered to other connections: from[i] is the index that connection i had,
// -1 if it had none.
func (m *memory) remap(from []int) {
	memos := make([]memo, len(m.buckets)*bucketSize*len(from))
	for place := range len(m.buckets) * bucketSize {
		for i, f := range from {
			if f >= 0 {
				memos[place*len(from)+i] = m.memos[place*m.stride+f]
			}
		}
	}
	m.memos, m.stride = memos, len(from)
}
