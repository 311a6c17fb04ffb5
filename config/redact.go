package config

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
)

// MarshalJSON returns the connection's name and numbers, and of its settings the keys. It is
// for reading, not for loading. Text is left out, since any of it may hold a secret: a setting's
// value, or an environment variable that was expanded.
func (c Connection) MarshalJSON() ([]byte, error) {
	slow := ""
	if c.Sample.Slow != 0 {
		slow = c.Sample.Slow.String()
	}
	return json.Marshal(struct {
		Name          string   `json:"name"`
		JSON          bool     `json:"json"`
		Buffer        int      `json:"buffer"`
		Batch         int      `json:"batch"`
		Timeout       string   `json:"timeout"`
		ExportTimeout string   `json:"export_timeout"`
		BlockTimeout  string   `json:"block_timeout"`
		Overflow      string   `json:"overflow,omitempty"`
		Fields        int      `json:"fields"`
		Rate          float64  `json:"rate"`
		Error         bool     `json:"error"`
		Slow          string   `json:"slow,omitempty"`
		Limit         float64  `json:"limit,omitempty"`
		Key           string   `json:"key"`
		Parent        string   `json:"parent"`
		Rules         int      `json:"rules"`
		Setting       []string `json:"setting,omitempty"`
		Spool         []string `json:"spool,omitempty"`
		Retry         []string `json:"retry,omitempty"`
	}{
		c.Name, c.JSON, c.Buffer, c.Batch, c.Timeout.String(), c.ExportTimeout.String(), c.BlockTimeout.String(),
		c.Overflow, len(c.Fields), c.Sample.Rate, c.Sample.Error, slow, c.Sample.Limit, c.Sample.Key, c.Sample.Parent,
		len(c.Sample.Rules), sortedKeys(c.Setting), sortedKeys(c.Spool), sortedKeys(c.Retry),
	})
}

// String returns what MarshalJSON does.
func (c Connection) String() string { return text(c) }

// GoString returns what String does, for %#v. Print a Connection with no other verbs than
// that, %v and %s, and never inside of an unexported field: package fmt calls no methods there.
func (c Connection) GoString() string { return text(c) }

// LogValue returns what String does.
func (c Connection) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MarshalJSON returns the hash and, of the connections, what their MarshalJSON returns.
func (c Config) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Hash        string       `json:"hash"`
		Implicit    bool         `json:"implicit"`
		Disabled    bool         `json:"disabled"`
		Connections []Connection `json:"connections"`
	}{c.Hash(), c.Implicit, c.Disabled, c.Connections})
}

// String returns what MarshalJSON does.
func (c Config) String() string { return text(c) }

// Format writes what String returns, whatever the verb. A struct that holds a Config in an
// unexported field must not be printed: package fmt can't call methods there.
func (c Config) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, c.String()) }

// LogValue returns what String does.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

func text(m json.Marshaler) string {
	data, err := m.MarshalJSON()
	if err != nil {
		return "config that can't be printed"
	}
	return string(data)
}
