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

// GoString returns what String does, for %#v. Print a Connection with no verb for numbers, which go vet
// reports, and never inside of an unexported field: package fmt calls no methods there. (A method
// Format would hide it from those verbs, but has the name of a field.)
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

// MarshalJSON returns the numbers, and how many rules there are.
func (s Sample) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Rate  float64 `json:"rate"`
		Error bool    `json:"error"`
		Slow  string  `json:"slow"`
		Limit float64 `json:"limit"`
		Rules int     `json:"rules"`
	}{s.Rate, s.Error, s.Slow.String(), s.Limit, len(s.Rules)})
}

// String returns what MarshalJSON does.
func (s Sample) String() string { return text(s) }

// Format writes what String returns, whatever the verb.
func (s Sample) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// LogValue returns what String does.
func (s Sample) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalJSON returns the number and of the attributes the keys: what they are compared with may
// come from a variable.
func (r Rule) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Sample float64  `json:"sample"`
		Attrs  []string `json:"attrs,omitempty"`
	}{r.Sample, sortedKeys(r.Attrs)})
}

// String returns what MarshalJSON does.
func (r Rule) String() string { return text(r) }

// Format writes what String returns, whatever the verb.
func (r Rule) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, r.String()) }

// LogValue returns what String does.
func (r Rule) LogValue() slog.Value { return slog.StringValue(r.String()) }

// MarshalJSON returns the keys of the resource, and no text.
func (o OTel) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Resource   []string `json:"resource,omitempty"`
		MaxWeight  float64  `json:"max_weight"`
		RequireTLS bool     `json:"require_tls"`
	}{sortedKeys(o.Resource), o.MaxWeight, o.RequireTLS})
}

// String returns what MarshalJSON does.
func (o OTel) String() string { return text(o) }

// Format writes what String returns, whatever the verb.
func (o OTel) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, o.String()) }

// LogValue returns what String does.
func (o OTel) LogValue() slog.Value { return slog.StringValue(o.String()) }

func text(m json.Marshaler) string {
	data, err := m.MarshalJSON()
	if err != nil {
		return "config that can't be printed"
	}
	return string(data)
}
