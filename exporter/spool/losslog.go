package spool

import (
	"log/slog"
	"sync"
	"time"
)

// logInterval is the time between two lines about the same kind of loss.
const logInterval = 10 * time.Second

// lossLog counts and logs what was lost in one way: at once, and then in at most one line in ten
// seconds: a destination that refuses everything, or an old backlog, would fill the log otherwise.
type lossLog struct {
	message string

	mu           sync.Mutex
	last         time.Time
	spans, files int   // not logged yet
	details      []any // of the last one
}

// add counts a file with so many lost spans. Details are for the log, of this file.
func (t *lossLog) add(logger *slog.Logger, spans int, details ...any) {
	t.mu.Lock()
	t.spans += spans
	t.files++
	t.details = details
	due := time.Since(t.last) >= logInterval
	t.mu.Unlock()
	if due {
		t.flush(logger)
	}
}

// flush logs what hasn't been logged yet.
func (t *lossLog) flush(logger *slog.Logger) {
	t.mu.Lock()
	spans, files, details := t.spans, t.files, t.details
	t.spans, t.files, t.last = 0, 0, time.Now()
	t.mu.Unlock()
	if files > 0 { // and not under the lock: a logger may do anything
		logger.Warn(t.message, append([]any{"spans", spans, "files", files}, details...)...)
	}
}
