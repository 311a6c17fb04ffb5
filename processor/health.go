package processor

import (
	"time"

	"github.com/tracehook/tracehook/processor/internal/ledger"
)

// State is how a connection is doing.
type State = ledger.State

const (
	// StateOK says that the last export delivered everything, or nothing has been exported yet,
	// and nothing was dropped for 10 seconds.
	StateOK = ledger.OK
	// StateDegraded says that spans are being dropped, or the last export delivered or spooled only
	// a part, or one has been running for longer than a third of its timeout and 5 seconds, or
	// dynamic sampling keeps less than configured.
	StateDegraded = ledger.Degraded
	// StateFailing says that nothing is being delivered: the last export failed as a whole, or has not
	// returned, or the connection isn't open.
	StateFailing = ledger.Failing
)

// Health says how the connections are doing. It is a snapshot that belongs to the caller.
type Health struct {
	// State is that of the worst connection, ok if there is none.
	State State `json:"state"`
	// Connections has one element for each connection of the current list, by name.
	Connections map[string]ConnectionHealth `json:"connections"`
	// Open is a sentence about the trace that has been open for longest, if that is very long while
	// spans of it have ended: "a trace has been open for 4h0m0s: GET /x". Otherwise it is empty. It
	// is known while some connection wants whole traces, and no fault of a connection.
	Open string `json:"open,omitempty"`
	// Addresses says where people can look at what a connection has, by its name. A Fanout
	// doesn't know; a Bridge does.
	Addresses map[string]string `json:"addresses,omitempty"`
}

// ConnectionHealth says how one connection is doing: its State, Since when by the wall clock,
// and Why in a sentence, which is empty if it is ok and something has been exported.
type ConnectionHealth = ledger.Health

// Health tells how every connection is doing. It waits for nobody. After Shutdown it
// tells how they did at the end.
func (f *Fanout) Health() Health {
	h := Health{State: StateOK, Connections: make(map[string]ConnectionHealth)}
	list := f.conns.Load()
	if list == nil {
		return h
	}
	h.Open = f.openTrace()
	now := time.Now()
	for i := range list.members {
		m := &list.members[i]
		ch := m.conn.Health(m.factor(), now)
		h.Connections[m.conn.Name()] = ch
		if ch.State == StateFailing || h.State == StateOK {
			h.State = ch.State
		}
	}
	return h
}
