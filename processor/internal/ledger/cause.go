package ledger

// Cause is why spans were lost.
type Cause int

// The causes, and how many there are.
const (
	QueueFull Cause = iota
	SpoolRefused
	Closed
	Recursion
	ExportFailed
	ExportAbandoned
	Causes
)

// String returns a word for logs.
func (c Cause) String() string {
	return [...]string{"queue_full", "spool_refused", "closed", "recursion", "export_failed", "export_abandoned"}[c]
}

// Hint says what to do about it.
func (c Cause) Hint() string {
	return [...]string{
		"its destination is slower than the spans come: give it a larger buffer, keep fewer spans (sample), or choose another overflow",
		"its queue was full, and its spool did not take them: see the error; they count as queue_full",
		"they ended before the connection was opened, or while or after it was shut down",
		"its exporter is instrumented with the provider that it exports for; its own spans are left out",
		"see the error",
		"the export has outlived its timeout and its driver ignores that; the next export waits for it",
	}[c]
}

// Losses returns how many spans were lost for each cause.
func (s *Snapshot) Losses() [Causes]uint64 {
	return [Causes]uint64{
		QueueFull:       s.Full.Spans - s.Unspooled.Spans,
		SpoolRefused:    s.Unspooled.Spans,
		Closed:          s.Closed.Spans,
		Recursion:       s.Recursion.Spans,
		ExportFailed:    s.Failed.Spans,
		ExportAbandoned: s.EverAbandoned,
	}
}
