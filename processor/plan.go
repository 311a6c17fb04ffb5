package processor

import (
	"errors"
	"fmt"
	"slices"
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

// plan is what a reload is going to do.
type plan struct {
	entries []entry
	fresh   []*conn           // made by this reload
	waits   map[*conn][]*conn // of fresh ones, for those that have what they claim
	removed []*conn
}

// plan compares conns with the current table. It makes connections, but opens none.
func (f *Fanout) plan(t *table, conns []ConnectionConfig) *plan {
	p := &plan{waits: make(map[*conn][]*conn)}
	old := make(map[string]*conn)
	if t != nil {
		for i := range t.entries {
			old[t.entries[i].conn.cfg.Name] = t.entries[i].conn
		}
	}
	kept := make(map[*conn]bool)
	for _, cfg := range conns {
		c := old[cfg.Name]
		if c == nil || c.cfg.Fingerprint != cfg.Fingerprint {
			c = newConn(cfg, f.account(cfg.Name), &f.env)
			p.fresh = append(p.fresh, c)
		}
		kept[c] = true
		p.entries = append(p.entries, entry{conn: c, decider: cfg.Decider, explain: cfg.Explain})
	}
	for _, c := range f.holders(t) {
		for _, n := range p.fresh {
			if !kept[c] && overlap(c.cfg.Claims, n.cfg.Claims) {
				p.waits[n] = append(p.waits[n], c)
			}
		}
	}
	if t != nil {
		for i := range t.entries {
			if c := t.entries[i].conn; !kept[c] {
				p.removed = append(p.removed, c)
			}
		}
	}
	return p
}

// holders returns all connections that may have an exporter.
func (f *Fanout) holders(t *table) []*conn {
	if t == nil {
		return nil
	}
	conns := f.alive(t)
	f.mu.Lock()
	defer f.mu.Unlock()
	for c := range f.hung {
		select {
		case <-c.released:
			delete(f.hung, c)
		default:
			conns = append(conns, c)
		}
	}
	return conns
}

func overlap(a, b []string) bool {
	for _, x := range a {
		if slices.Contains(b, x) {
			return true
		}
	}
	return false
}

// account returns the ledger of a name.
func (f *Fanout) account(name string) *account {
	f.mu.Lock()
	defer f.mu.Unlock()
	a := f.accounts[name]
	if a == nil {
		a = newAccount(name)
		f.accounts[name] = a
	}
	return a
}
