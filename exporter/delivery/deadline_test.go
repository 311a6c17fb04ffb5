package delivery_test

import (
	"context"
	"sync"
	"testing"
)

// deadline is a context whose deadline passes when the test says so.
type deadline struct {
	context.Context
	once   sync.Once
	passed chan struct{}
}

func newDeadline(t *testing.T) *deadline {
	t.Helper()
	return &deadline{Context: t.Context(), passed: make(chan struct{})}
}

func (d *deadline) pass() { d.once.Do(func() { close(d.passed) }) }

func (d *deadline) Done() <-chan struct{} { return d.passed }

func (d *deadline) Err() error {
	select {
	case <-d.passed:
		return context.DeadlineExceeded
	default:
		return nil
	}
}
