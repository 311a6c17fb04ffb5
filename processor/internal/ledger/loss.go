package ledger

// Loss is how many spans were lost, by the way in which they were.
type Loss struct {
	// Failed were not confirmed by the destination, Dead were refused for good by it, Expired
	// have become too old or too many in the spool, Abandoned are in an export that has not
	// returned, Dropped found a full queue or a connection that was shut down.
	Failed, Dead, Expired, Abandoned, Dropped int64
	// Err is the last error of the connection's exports, if there is one.
	Err error
	// DeadErr is why the last of the dead spans were refused; nil if there are none, or it isn't known.
	DeadErr error
}

// Total returns the sum.
func (l Loss) Total() int64 { return l.Failed + l.Dead + l.Expired + l.Abandoned + l.Dropped }

// told is what errors have told about a ledger, and what of settled accounts they have not. It is
// guarded by the ledger's mu.
type told struct {
	untold                 Loss
	dropped, dead, expired int64
	deadErr                error // why the last of the dead were refused
}

func (t *told) diedOf(err error) {
	if err != nil {
		t.deadErr = err
	}
}

func (t *told) add(l Loss) {
	t.untold.Failed += l.Failed
	t.untold.Abandoned += l.Abandoned
	t.untold.Dropped += l.Dropped
	if l.Err != nil {
		t.untold.Err = l.Err
	}
}

func (a *Account) takeUntold() (l Loss) {
	a.mu.Lock()
	defer a.mu.Unlock()
	next := *a.totals.Load()
	if l, next.Untold = next.Untold, (Loss{}); l != (Loss{}) {
		next.Tellings++
		l.Err = next.Delivery.Err
		a.totals.Store(&next)
	}
	return l
}

// TakeLoss returns what was lost since the call before.
func (l *Ledger) TakeLoss() Loss {
	s := l.Snapshot()
	var dead []error // asked before the lock is held
	for _, a := range l.accounts.Load().current {
		dead = append(dead, a.source.Dead())
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	t := &l.told
	for _, err := range dead {
		t.diedOf(err)
	}
	for _, a := range l.accounts.Load().current {
		t.add(a.takeUntold())
	}
	loss := t.untold
	t.untold = Loss{}
	loss.Dropped += advance(&t.dropped, int64(s.Full.Spans-s.Unspooled.Spans+s.Closed.Spans))
	loss.Dead = advance(&t.dead, s.Spool.Dead)
	loss.Expired = advance(&t.expired, s.Spool.Expired)
	if loss.Dead > 0 {
		loss.DeadErr = t.deadErr
	}
	return loss
}

// advance moves what was told on to now, and returns by how much.
func advance(told *int64, now int64) int64 {
	n := max(now-*told, 0)
	*told += n
	return n
}

// Lost returns everything that was ever lost.
func (s *Snapshot) Lost() int64 {
	return int64(s.Failed.Spans+s.Abandoned.Spans+s.Full.Spans+s.Closed.Spans) + s.Spool.Dead + s.Spool.Expired
}
