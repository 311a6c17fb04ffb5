package vocab_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook"
	"github.com/tracehook/tracehook/internal/vocab"
)

// declared is a kind of package tracehook, and the kind of OpenTelemetry that its comment names.
type declared struct{ word, otel string }

// constants reads the kinds that kind.go declares.
func constants(t *testing.T) []declared {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../../kind.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	var kinds []declared
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(spec.Names[0].Name, "TraceKind") {
			return true
		}
		literal, ok := spec.Values[0].(*ast.BasicLit)
		if !ok {
			t.Fatalf("%s isn't a literal", spec.Names[0].Name)
		}
		word, err := strconv.Unquote(literal.Value)
		if err != nil {
			t.Fatal(err)
		}
		_, otel, ok := strings.Cut(strings.TrimSpace(spec.Comment.Text()), "OTel: ")
		if !ok {
			t.Errorf("the comment of %s doesn't say which kind of OpenTelemetry it is", spec.Names[0].Name)
		}
		kinds = append(kinds, declared{word, otel})
		return true
	})
	return kinds
}

// The root package imports nothing but the standard library, so that it has words of its own.
func TestKindsAreThoseOfTheContract(t *testing.T) {
	t.Parallel()
	var contract []string
	for _, kind := range constants(t) {
		contract = append(contract, kind.word)
		if got := vocab.OfSpanKind(vocab.SpanKind(kind.word)); got != kind.otel {
			t.Errorf("kind %q is %s, and kind.go says %s", kind.word, got, kind.otel)
		}
	}
	known := vocab.Kinds()
	slices.Sort(contract)
	slices.Sort(known)
	if diff := cmp.Diff(contract, known); diff != "" {
		t.Errorf("kinds of kind.go (-) and of the table (+):\n%s", diff)
	}
	if vocab.OK != tracehook.StatusOK || vocab.Error != tracehook.StatusError {
		t.Errorf("the words of a status are %q and %q, want %q and %q", vocab.OK, vocab.Error, tracehook.StatusOK, tracehook.StatusError)
	}
}

func TestKindsOfOpenTelemetryAreTheirOwnWords(t *testing.T) {
	t.Parallel()
	for kind := trace.SpanKindUnspecified; kind <= trace.SpanKindConsumer; kind++ {
		word := vocab.OfSpanKind(kind)
		if !vocab.KnownKind(word) || vocab.SpanKind(word) != trace.ValidateSpanKind(kind) {
			t.Errorf("%v is %q, which is %v", kind, word, vocab.SpanKind(word))
		}
	}
	if vocab.KnownKind("rocket") || vocab.SpanKind("rocket") != trace.SpanKindInternal {
		t.Error("an unknown word must be internal")
	}
}
