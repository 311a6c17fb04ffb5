package bridge

import (
	"github.com/tracehook/tracehook/processor"
)

// Stats is a snapshot of the accounts, with what the Bridge adds to its processor's.
type Stats struct {
	processor.Stats
	// ConfigHash identifies the configuration in force; formatting and the order of keys
	// don't change it.
	ConfigHash string `json:"config_hash"`
	// Redacted says for each connection how many values each rule has redacted in what it exported,
	// since it was opened; see Redactor.Counts of package redact.
	Redacted map[string]map[string]int64 `json:"redacted,omitempty"`
	// PropagationConflicts is how many requests held contexts of two traces, of which the most complete
	// one counted.
	PropagationConflicts int64 `json:"propagation_conflicts"`
	// LastReload is the result of the newest [Bridge.Reload]; nil before the first.
	LastReload *ReloadResult `json:"last_reload,omitempty"`
}

// Stats returns a consistent snapshot. It takes no lock that the path of a span takes.
func (b *Bridge) Stats() Stats {
	if b == nil {
		return Stats{}
	}
	st := b.state.Load()
	s := Stats{Stats: b.fanout.Stats(), ConfigHash: st.hash, PropagationConflicts: b.first.propagator.Conflicts()}
	if cfg := st.plan.cfg; cfg.Disabled { // none is open, but whoever asks for one by name finds it
		for i := range cfg.Connections {
			s.Connections[cfg.Connections[i].Name] = new(processor.ConnectionStats)
		}
	}
	for _, n := range st.plan.connections {
		if counts := n.redactor.Counts(); len(counts) > 0 {
			if s.Redacted == nil {
				s.Redacted = make(map[string]map[string]int64)
			}
			s.Redacted[n.cfg.Name] = counts
		}
	}
	if st.result.Count > 0 {
		result := st.result
		s.LastReload = &result
	}
	return s
}
