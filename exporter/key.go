package exporter

import "slices"

// Key describes one key that a driver reads, as far as its [Decoder] knows it.
type Key struct {
	// Names are the key's names, the strongest first.
	Names []string
	// Type is what a value must be: text, word, bool, integer, number, duration, size, list of
	// text or table of text. It is "" if the driver only looked whether the key is there.
	Type string
	// Default is what counts if the key is absent, in the type of the method that read it; the
	// zero value often means that the driver decides. It is nil where Type is "".
	Default any
	// Words are the allowed ones of a word.
	Words []string
}

// know adds key to what is known: a key that is asked for twice is one, and the first type
// that it was read as counts.
func (d *Decoder) know(key Key) {
	i := slices.IndexFunc(d.known, func(k Key) bool {
		return slices.ContainsFunc(k.Names, func(name string) bool { return slices.Contains(key.Names, name) })
	})
	if i < 0 {
		key.Names = slices.Clone(key.Names)
		d.known = append(d.known, key)
		return
	}
	known := &d.known[i]
	for _, name := range key.Names {
		if !slices.Contains(known.Names, name) {
			known.Names = append(known.Names, name)
		}
	}
	if known.Type == "" {
		known.Type, known.Default, known.Words = key.Type, key.Default, key.Words
	}
}

// cloneKeys returns a copy that its reader may change.
func cloneKeys(keys []Key) []Key {
	all := slices.Clone(keys)
	for i := range all {
		all[i].Names, all[i].Words = slices.Clone(all[i].Names), slices.Clone(all[i].Words)
	}
	return all
}
