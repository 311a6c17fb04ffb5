package processor

// cause is why spans were lost, as the log tells it.
type cause int

const (
	causeFull cause = iota
	causeUntaken
	causeClosed
	causeRecursion
	causeFailed
	causeAbandoned
	causes
)

func (c cause) String() string {
	return [...]string{"queue_full", "spool_refused", "closed", "recursion", "export_failed", "export_abandoned"}[c]
}

// hint says what to do about it.
func (c cause) hint() string {
	return [...]string{
		"its destination is slower than the spans come: give it a larger buffer, keep fewer spans (sample), or choose another overflow",
		"its queue was full, and its spool did not take them: see the error; they count as queue_full",
		"they ended while or after the connection was shut down",
		"its exporter is instrumented with the provider that it exports for; its own spans are left out",
		"see the error",
		"the export has outlived its timeout and its driver ignores that; the next export waits for it",
	}[c]
}
