package setting

import (
	"fmt"
	"strings"
	"time"
)

// Key describes a key that a [Table] was asked for.
type Key struct {
	// Names are the names of the key; the first that a table has decides.
	Names []string
	// Type is what a value must be: text, word, bool, integer, number, duration, size, word or
	// duration, list, list of text, table or table of text.
	Type string
	// Default counts if the key is absent, in the type of the method that reads the key. The
	// zero value often means that the reader decides.
	Default any
	// Words are those that a word may be.
	Words []string
	// Least and Most bound a number, in the type of Default; nil is no bound.
	Least, Most any
}

// refuse says that a value isn't of the key's type; shown is the value in words, kind its type.
func (k Key) refuse(shown, kind string) string {
	switch k.Type {
	case "text":
		return "must be text in quotes, not " + kind
	case "bool":
		return "must be true or false, not " + kind
	case "word":
		return "must be one of " + strings.Join(k.Words, ", ") + ", not " + kind
	case "integer":
		return shown + " is not a whole number"
	case "number":
		if k.Most != nil {
			return fmt.Sprintf("%s is not a number from %v to %v", shown, k.Least, k.Most)
		}
		return shown + " is not a number"
	case "duration":
		return shown + ` is not a duration such as "200ms" or "7d", or a number of seconds`
	case "size":
		return shown + ` is not a size such as "100MB", or a number of bytes`
	case "word or duration":
		return shown + " is not one of " + strings.Join(k.Words, ", ") + `, or a duration such as "1s"`
	case "list of text":
		return "must be a list of text, not " + kind
	case "table of text":
		return "must be a table of text, not " + kind
	default:
		return "must be a " + k.Type + ", not " + kind
	}
}

// longestShown is how many bytes of a wrong value are shown.
const longestShown = 64

// describe returns a text or a number as it is written in a file, and the type of anything else.
func describe(v any) string {
	switch v := v.(type) {
	case string:
		v = Cover(v)
		if len(v) > longestShown {
			return fmt.Sprintf("%q and %d more bytes", v[:longestShown], len(v)-longestShown)
		}
		return fmt.Sprintf("%q", v)
	case int, int64, float64, time.Duration:
		return fmt.Sprint(v)
	}
	return Kind(v)
}

// Kind names the type of a value for a message.
func Kind(v any) string {
	switch v.(type) {
	case nil:
		return "nothing"
	case string:
		return "text"
	case bool:
		return "a boolean"
	case int, int64:
		return "a whole number"
	case float64:
		return "a number with decimals"
	case []any, []string:
		return "a list"
	case map[string]any, map[string]string:
		return "a table"
	}
	return fmt.Sprintf("a value of type %T", v)
}
