package vocab

import (
	"strings"
	"unsafe"

	"go.opentelemetry.io/otel/attribute"
)

// Prefix begins the key of each attribute in which a word travels.
const Prefix = "tracehook."

// Keys of the attributes that say what a span was begun and ended with, and, below, why a connection
// has exported it. They are variables because it counts where they lie: see [Own].
//
//nolint:gochecknoglobals // they don't change
var (
	Service = own("service")
	Kind    = own("kind")
	Target  = own("target")
	Entry   = own("entry")
	Step    = own("step")
	Status  = own("status")
	Code    = own("code") // an integer; all others are strings
	Result  = own("result")

	Rule        = own("rule")
	Probability = own("probability")
)

// own returns a key whose text no other string shares.
func own(word string) attribute.Key { return attribute.Key(strings.Clone(Prefix + word)) }

// Own reports whether key is one of the variables above, and not a text that reads like one. Only
// the hook and the Bridge have the variables: an attribute with an equal key that an application has
// taken from a caller says nothing about its span. The SDK, and whoever wraps a span, copies keys
// without copying their texts.
func Own(key attribute.Key) bool {
	ours := named(string(key))
	return ours != nil && unsafe.StringData(string(*ours)) == unsafe.StringData(string(key)) //nolint:gosec // addresses are compared, and nothing is read
}

// Forged reports whether key reads like one of the variables above and isn't one.
func Forged(key attribute.Key) bool {
	return strings.HasPrefix(string(key), Prefix) && named(string(key)) != nil && !Own(key)
}

// Reserved reports whether key is one in which a span says what it was begun or ended with. What
// says why it was exported is an attribute like others.
func Reserved(key attribute.Key) bool { return Own(key) && !isReason(key) }

func isReason(key attribute.Key) bool { return key == Rule || key == Probability }

// Key returns a key for text that is [Own] if it reads like one. Use it for what the operator has
// written, and for what this package's keys were read from: never for what comes with a span.
func Key(text string) attribute.Key {
	if ours := named(text); ours != nil {
		return *ours
	}
	return attribute.Key(text)
}

const suffix = "_attribute"

// Written returns the key under which an attribute of a span is written: itself, but for one that
// reads like one of ours and isn't, which gets "_attribute" at its end. So does one that would be
// taken for one of those, so that two keys stay two.
func Written(key attribute.Key) attribute.Key {
	if !strings.HasPrefix(string(key), Prefix) || Own(key) {
		return key
	}
	text, found := string(key), true
	for found {
		text, found = strings.CutSuffix(text, suffix)
	}
	if named(text) == nil {
		return key
	}
	return key + suffix
}

// named returns the key that reads like text; nil if there is none.
func named(text string) *attribute.Key {
	word, ok := strings.CutPrefix(text, Prefix)
	if !ok {
		return nil
	}
	switch word {
	case "service":
		return &Service
	case "kind":
		return &Kind
	case "target":
		return &Target
	case "entry":
		return &Entry
	case "step":
		return &Step
	case "status":
		return &Status
	case "code":
		return &Code
	case "result":
		return &Result
	case "rule":
		return &Rule
	case "probability":
		return &Probability
	}
	return nil
}
