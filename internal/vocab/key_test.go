package vocab_test

import (
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"

	"github.com/tracehook/tracehook/internal/vocab"
)

var words = []attribute.Key{vocab.Service, vocab.Kind, vocab.Target, vocab.Entry, vocab.Step, vocab.Status, vocab.Code, vocab.Result}

func TestOnlyTheKeysThemselvesAreOurs(t *testing.T) {
	t.Parallel()
	for _, key := range append(words, vocab.Rule, vocab.Probability) {
		forged := attribute.Key(strings.Clone(string(key)))
		if !vocab.Own(key) || vocab.Forged(key) || vocab.Written(key) != key {
			t.Errorf("%q isn't ours", key)
		}
		if vocab.Own(forged) || !vocab.Forged(forged) || vocab.Reserved(forged) {
			t.Errorf("a text like %q is ours", key)
		}
		if !vocab.Own(vocab.Key(string(forged))) {
			t.Errorf("Key(%q) isn't ours", key)
		}
		if got := vocab.Written(forged); got != key+"_attribute" {
			t.Errorf("a text like %q is written as %q", key, got)
		}
	}
	// A literal is a text of the program's, which the linker may share with equal ones.
	if vocab.Own("tracehook.service") || vocab.Own("tracehook.kind") {
		t.Error("a literal is ours")
	}
}

func TestReserved(t *testing.T) {
	t.Parallel()
	for _, key := range words {
		if !vocab.Reserved(key) || !strings.HasPrefix(string(key), vocab.Prefix) {
			t.Errorf("%q isn't reserved", key)
		}
	}
	for _, key := range []attribute.Key{vocab.Rule, vocab.Probability, vocab.Prefix, "kind", "", "tracehook.kinds"} {
		if vocab.Reserved(key) {
			t.Errorf("%q is reserved", key)
		}
	}
}

// Keys that differ are written as keys that differ.
func TestWrittenKeysStayDifferent(t *testing.T) {
	t.Parallel()
	seen := map[attribute.Key]attribute.Key{vocab.Service: vocab.Service}
	for _, key := range []attribute.Key{
		"tracehook.service", "tracehook.service_attribute", "tracehook.service_attribute_attribute", "tracehook.services",
		"tracehook.", "tracehook", "_attribute", "service", "tracehook._attribute", "tracehook.other_attribute", "tracehook.service_attribut",
	} {
		written := vocab.Written(key)
		if other, ok := seen[written]; ok {
			t.Errorf("%q and %q are both written as %q", key, other, written)
		}
		seen[written] = key
	}
}

func TestOwnDoesNotAllocate(t *testing.T) {
	for _, key := range []attribute.Key{vocab.Service, "tracehook.service", "http.route"} {
		if n := testing.AllocsPerRun(100, func() { vocab.Own(key); vocab.Forged(key); vocab.Reserved(key) }); n != 0 {
			t.Errorf("%q: %v allocations", key, n)
		}
	}
}
