package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/tracehook/tracehook/exporter/delivery"
)

// state is what was delivered to an endpoint: for each file, known by its first record whatever it is
// called by now, how many records. A nil state remembers nothing.
type state struct {
	path  string
	To    string         `json:"to"`
	Query string         `json:"query,omitempty"`
	Done  map[string]int `json:"done"`
}

// fingerprint tells files apart by their first record.
func fingerprint(first *tracepb.TracesData) string {
	body, err := proto.MarshalOptions{Deterministic: true}.Marshal(first)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:16])
}

// openState reads what an earlier call has noted.
func openState(path, to, query string) (*state, error) {
	if path == "" {
		return nil, nil
	}
	s := &state{path: path, To: delivery.Place(to), Query: query, Done: make(map[string]int)}
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return nil, err
	}
	var before state
	if err := json.Unmarshal(content, &before); err != nil || before.To == "" {
		return nil, usage("--state: %s is not what replay has written", path)
	}
	if before.To != s.To {
		return nil, usage("--state: %s is about %s, not about %s: name another file", path, before.To, s.To)
	}
	if before.Query != query {
		return nil, usage("--state: %s is about the query %q: name another file", path, before.Query)
	}
	maps.Copy(s.Done, before.Done)
	return s, nil
}

// done returns how many records of a file were delivered.
func (s *state) done(fingerprint string) int {
	if s == nil {
		return 0
	}
	return s.Done[fingerprint]
}

// note writes how many records are done now.
func (s *state) note(marks map[string]int) error {
	if s == nil || len(marks) == 0 {
		return nil
	}
	maps.Copy(s.Done, marks)
	content, err := json.Marshal(s)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(s.path), filepath.Base(s.path)+".*")
	if err != nil {
		return fmt.Errorf("--state: %w", err)
	}
	_, err = f.Write(append(content, '\n'))
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), s.path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("--state: %w", err), os.Remove(f.Name()))
	}
	return nil
}

// hint says how to go on.
func (s *state) hint() string {
	if s == nil {
		return "; with --state FILE it could go on there"
	}
	return ": call it again with the same --state to go on"
}
