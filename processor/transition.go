package processor

import (
	"errors"
	"fmt"

	"github.com/tracehook/tracehook/processor/internal/connection"
	"github.com/tracehook/tracehook/processor/internal/ledger"
)

// validate reports everything that is wrong with a list of connections.
func validate(conns []ConnectionConfig) error {
	var errs []error
	names := make(map[string]bool, len(conns))
	claims := make(map[string]string)
	for i, cfg := range conns {
		switch {
		case cfg.Name == "":
			errs = append(errs, fmt.Errorf("connection %d of %d has no name", i+1, len(conns)))
		case cfg.Name == OtherRetired:
			errs = append(errs, fmt.Errorf("connection %d of %d is named %q: that name is for removed connections in the statistics",
				i+1, len(conns), cfg.Name))
		case names[cfg.Name]:
			errs = append(errs, fmt.Errorf("connection %q is there twice: names must differ", cfg.Name))
		}
		names[cfg.Name] = true
		if err := checkTraces(&cfg); err != nil {
			errs = append(errs, err)
		}
		if cfg.Overflow > OverflowSpool {
			errs = append(errs, fmt.Errorf("connection %q: overflow %d is unknown", cfg.Name, cfg.Overflow))
		}
		for _, claim := range cfg.Claims {
			if other, taken := claims[claim]; taken && other != cfg.Name {
				errs = append(errs, fmt.Errorf("connections %q and %q both claim %q: only one can have it",
					other, cfg.Name, claim))
			}
			claims[claim] = cfg.Name
		}
	}
	return errors.Join(errs...)
}

// transition is what a reload is going to do.
type transition struct {
	members []member
	fresh   []*connection.Connection // made by this reload
	removed []*connection.Connection
	// waits has, for fresh ones, those that have what they claim.
	waits map[*connection.Connection][]*connection.Connection
	// shut has, for fresh ones that can't be opened now, the reason.
	shut map[*connection.Connection]error
}

// newTransition compares conns with the current list. It makes connections, but opens none.
func (f *Fanout) newTransition(list *connections, conns []ConnectionConfig) *transition {
	t := &transition{
		waits: make(map[*connection.Connection][]*connection.Connection),
		shut:  make(map[*connection.Connection]error),
	}
	if list == nil {
		list = &connections{}
	}
	old := make(map[string]*member)
	for i := range list.members {
		old[list.members[i].conn.Name()] = &list.members[i]
	}
	kept := make(map[*connection.Connection]bool)
	for i := range conns {
		cfg := &conns[i]
		m := member{fingerprint: cfg.Fingerprint, decider: cfg.Decider, explain: cfg.Explain}
		if o := old[cfg.Name]; o != nil && o.fingerprint == cfg.Fingerprint {
			m.conn, m.sink = o.conn, o.sink
		} else {
			m.conn = connection.New(cfg.queue(), f.ledger(cfg.Name), &f.env)
			t.fresh = append(t.fresh, m.conn)
		}
		kept[m.conn] = true
		m.ledger = m.conn.Account().Ledger()
		m.wantTraces(cfg)
		t.members = append(t.members, m)
	}
	for _, c := range f.holders(list) {
		for _, n := range t.fresh {
			if !kept[c] && ledger.Overlap(c.Claims(), n.Claims()) {
				t.waits[n] = append(t.waits[n], c)
			}
		}
	}
	for i := range list.members {
		if c := list.members[i].conn; !kept[c] {
			t.removed = append(t.removed, c)
		}
	}
	return t
}

// holders returns all connections that may have an exporter.
func (f *Fanout) holders(list *connections) []*connection.Connection {
	conns := f.alive(list)
	f.mu.Lock()
	defer f.mu.Unlock()
	for c := range f.hung {
		select {
		case <-c.Released():
			delete(f.hung, c)
		default:
			conns = append(conns, c)
		}
	}
	return conns
}

// ledger returns the ledger of a name.
func (f *Fanout) ledger(name string) *ledger.Ledger {
	f.mu.Lock()
	defer f.mu.Unlock()
	l := f.ledgers[name]
	if l == nil {
		l = ledger.New(name, &f.spools)
		f.ledgers[name] = l
	}
	return l
}
