package encode_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tracehook/tracehook/exporter/encode"
)

// fieldsDocument is docs/fields.md.
func fieldsDocument() string {
	var b strings.Builder
	b.WriteString(`# Span fields

*For the person who chooses or renames what is written of a span. A reference to look things up in. 4 minutes.*

This file is generated: ` + "`go test ./exporter/encode -run TestFieldsDocument -update`" + ` writes it.

A connection writes the fields that its ` + "`fields`" + ` select, in their order: a list keeps the
names (` + "`fields = [\"trace_id\", \"name\"]`" + `), a table gives new ones
(` + "`fields = { trace_id = \"tid\", timestamp = \"ts\" }`" + `). In a text ` + "`format`" + `, ` + "`%NAME%`" + ` stands
for a field; a name that the mapping gave goes before a source of the same name, and ` + "`%%`" + ` is
a percent sign. A name that doesn't exist is an error when the configuration is read.

Names in one row mean the same; the first is the one to use.

| names | in JSON | what it holds |
|---|---|---|
`)
	for _, s := range encode.Sources() {
		b.WriteString("| `" + strings.Join(s.Names, "` `") + "` | " + s.Type + " | " + s.Meaning + " |\n")
	}
	b.WriteString("| `attributes.KEY` | any | one attribute of the span; null if it isn't there |\n")
	b.WriteString("| `resource.KEY` | any | one attribute of the resource; null if it isn't there |\n")
	always, optional := encode.DefaultFields()
	b.WriteString("\nWithout `fields`, JSON has these, in this order: `" + strings.Join(always, "`, `") +
		"`. It also has `" + strings.Join(optional, "`, `") + "` where they have a value.\n")
	b.WriteString(`
What a framework span was begun with (` + "`service`, `kind`, `target`, `entry`, `step`, `status`, `code`, `result`" + `)
travels as the attributes ` + "`tracehook.service`" + ` and so on; they have fields of their own and are
left out of ` + "`attributes`" + `. An attribute with such a key that the hook hasn't set, because an
application takes keys from its callers for example, says nothing about the span. It is written as
` + "`tracehook.service_attribute`" + `, in every format.

Numbers that JSON doesn't have are the strings ` + "`\"NaN\"`, `\"Infinity\"` and `\"-Infinity\"`" + `; bytes
are base64; bytes that aren't UTF-8 become U+FFFD. In text, objects and arrays are JSON, and
control characters are shown as escapes.
`)
	return b.String()
}

func TestFieldsDocument(t *testing.T) {
	t.Parallel()
	const path = "../../docs/fields.md"
	want := fieldsDocument()
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("docs/fields.md isn't what the code says; run with -update (-want +got):\n%s", diff)
	}
}

func TestSourceNamesAreUnique(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, s := range encode.Sources() {
		for _, name := range s.Names {
			if seen[name] {
				t.Errorf("the name %q stands for two sources", name)
			}
			seen[name] = true
		}
	}
	always, optional := encode.DefaultFields()
	for _, name := range append(always, optional...) {
		if !seen[name] {
			t.Errorf("the default field %q is no source", name)
		}
	}
}
