package spool

import (
	"log/slog"
	"sync"
	"time"
)

// tellAgain is the time between two lines about the same kind of loss.
const tellAgain = 10 * time.Second

// toll is what was lost in one way. It is told at once, and then in at most one line in ten
// seconds: a destination that refuses everything, or an old backlog, would fill the log otherwise.
type toll struct {
	message string

	mu           sync.Mutex
	last         time.Time
	spans, files int   // not told yet
	details      []any // of the last one
}

// add counts a file with so many lost spans. Details are for the log, of this file.
func (t *toll) add(logger *slog.Logger, spans int, details ...any) {
	t.mu.Lock()
	t.spans += spans
	t.files++
	t.details = details
	due := time.Since(t.last) >= tellAgain
	t.mu.Unlock()
	if due {
		t.tell(logger)
	}
}

// tell logs what hasn't been told yet.
func (t *toll) tell(logger *slog.Logger) {
	t.mu.Lock()
	spans, files, details := t.spans, t.files, t.details
	t.spans, t.files, t.last = 0, 0, time.Now()
	t.mu.Unlock()
	if files > 0 { // and not under the lock: a logger may do anything
		logger.Warn(t.message, append([]any{"spans", spans, "files", files}, details...)...)
	}
}
