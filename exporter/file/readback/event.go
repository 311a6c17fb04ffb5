package readback

import "time"

// Event is an event of a span, whatever encoding it was read from.
type Event struct {
	Name       string
	Time       time.Time
	Attributes map[string]any
}

// EventList returns the events of s. What isn't an event, which only files of others have, is left
// out.
func (s *Span) EventList() []Event {
	var all []Event
	for _, e := range s.Events {
		table := asTable(e)
		name, ok := table["name"].(string)
		if !ok {
			continue
		}
		event := Event{Name: name}
		switch attributes := table["attributes"].(type) {
		case map[string]any:
			event.Attributes = attributes
		case []any: // OTLP
			event.Attributes = otlpAttributes(attributes)
		}
		for _, key := range []string{"timeUnixNano", "time_unix_nano"} {
			if n, ok := whole(table[key]); ok {
				event.Time = nano(n)
			}
		}
		all = append(all, event)
	}
	return all
}
