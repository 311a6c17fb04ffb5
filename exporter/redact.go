package exporter

import (
	"encoding/json"
	"log/slog"
	"maps"
	"slices"
)

// MarshalJSON returns the names of the connection and its driver, its flags, how many fields
// it maps, and of its tables the keys. It is for reading, not for loading: no text that may be
// a secret is in it.
func (s Settings) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Connection    string   `json:"connection"`
		Driver        string   `json:"driver"`
		JSON          bool     `json:"json"`
		SplitServices bool     `json:"split_services"`
		Fields        int      `json:"fields"`
		Setting       []string `json:"setting,omitempty"`
		Spool         []string `json:"spool,omitempty"`
		Retry         []string `json:"retry,omitempty"`
	}{s.Connection, s.Driver, s.JSON, s.SplitServices, len(s.Fields), keysOf(s.Setting), keysOf(s.Spool), keysOf(s.Retry)})
}

func keysOf(table map[string]any) []string { return slices.Sorted(maps.Keys(table)) }

// String returns what MarshalJSON does.
func (s Settings) String() string {
	data, err := s.MarshalJSON()
	if err != nil { // texts, booleans and a number
		return "settings that can't be printed"
	}
	return string(data)
}

// GoString returns what String does, for %#v. Print Settings with no verb for numbers, which go vet
// reports, and never inside of an unexported field: package fmt calls no methods there. (A method
// Format would hide them from those verbs, but has the name of a field.)
func (s Settings) GoString() string { return s.String() }

// LogValue returns what String does.
func (s Settings) LogValue() slog.Value { return slog.StringValue(s.String()) }
