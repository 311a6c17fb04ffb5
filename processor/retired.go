package processor

import (
	"maps"
	"slices"
	"time"

	"github.com/tracehook/tracehook/processor/internal/connection"
	"github.com/tracehook/tracehook/processor/internal/ledger"
)

// OtherRetired is the name under which [Stats.Retired] adds up the connections that were
// removed before the last [MaxRetired]. No connection may have it.
const OtherRetired = "*"

// MaxRetired is how many removed connections keep numbers of their own. One that was removed
// less than 20 seconds ago keeps them in any case, and so does one with an export that has not
// returned.
const MaxRetired = 64

// quietTime is how long a connection must have been gone until nothing is added to its ledger
// any more: spans that saw its list have ended, and its losses have been logged.
const quietTime = 2 * reportInterval

// retire gives list the ledgers of those that aren't current. The oldest of too many are
// replaced by their sums. The caller holds mu.
func (f *Fanout) retire(list *connections, current map[string]*connection.Connection) {
	for _, name := range slices.Sorted(maps.Keys(f.ledgers)) {
		if l := f.ledgers[name]; current[name] == nil && l.WasUsed() {
			list.retired = append(list.retired, l)
		}
	}
	if excess := len(list.retired) - MaxRetired; excess > 0 {
		slices.SortStableFunc(list.retired, func(a, b *ledger.Ledger) int {
			at, _ := a.LeftAt()
			bt, _ := b.LeftAt()
			return at.Compare(bt)
		})
		now := time.Now()
		list.retired = slices.DeleteFunc(list.retired, func(l *ledger.Ledger) bool {
			if excess == 0 || !isQuiet(l, now) {
				return false
			}
			excess--
			delete(f.ledgers, l.Name)
			s := l.Snapshot()
			s.AddHead(l.Head.Of(0)) // it has left
			f.others.Add(&s)
			return true
		})
	}
	if f.others != (ledger.Snapshot{}) {
		others := f.others
		list.others = &others
	}
}

func isQuiet(l *ledger.Ledger, now time.Time) bool {
	at, none := l.LeftAt()
	return none && now.Sub(at) >= quietTime && l.Inflight.Load() == 0
}
