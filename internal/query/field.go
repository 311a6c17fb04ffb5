package query

// field is what stands before a colon.
type field uint8

const (
	anywhere field = iota // free text
	fieldName
	fieldService
	fieldKind
	fieldStatus
	fieldMessage
	fieldTarget
	fieldEvent
	fieldTrace
	fieldSpan
	fieldParent
	fieldDuration
	fieldStart
	fieldEnd
	fieldIs
	attribute
)

// fields are the names of all fields, in the order in which they are told to people.
func fields() []string {
	return []string{
		"name", "service", "kind", "status", "message", "target", "event",
		"trace", "span", "parent", "duration", "start", "end", "is",
	}
}

// fieldOf returns the field of that name.
func fieldOf(name string) (field, bool) {
	for i, known := range fields() {
		if known == name {
			return field(i + 1), true
		}
	}
	return anywhere, false
}

// text returns the text of a field that is one.
func (f field) text(s *Span) string {
	switch f {
	case fieldName:
		return s.Name
	case fieldService:
		return s.Service
	case fieldKind:
		return s.Kind
	case fieldStatus:
		return s.Status
	case fieldMessage:
		return s.Message
	case fieldTarget:
		return s.Target
	default:
		return ""
	}
}

// ids says that a field is an id in hexadecimal, and of how many digits.
func (f field) ids() int {
	switch f {
	case fieldTrace:
		return 32
	case fieldSpan, fieldParent:
		return 16
	default:
		return 0
	}
}
