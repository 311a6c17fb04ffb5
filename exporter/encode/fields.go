package encode

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/internal/nearest"
	"github.com/tracehook/tracehook/setting"
)

// Attribute sources are written with one of these before the attribute's key.
const (
	attributePrefix = "attributes."
	resourcePrefix  = "resource."
)

// Field is one column of the output: a source under the name that the reader sees.
type Field struct {
	// Name is what the field is called in the output, Source what it shows.
	Name, Source string
	// Optional fields are left out where they have no value.
	Optional bool

	key   string // of an attribute source
	get   getter
	share share
	owner *Fields
}

// Value returns what f has for the span of v. It doesn't allocate.
func (f *Field) Value(v *View) Value { return f.get(v, f) }

// Fields is a compiled selection of fields. It is immutable and safe for concurrent use.
type Fields struct {
	// Identity is used where a span's resource doesn't name a project, profile, role or node.
	Identity exporter.Identity
	// Flag, Connection and Driver are the values of the fields flag, instance and driver.
	Flag, Connection, Driver string

	list    []Field
	sources map[string]*Source
}

// DefaultFields returns the names of the fields of a connection that selects none, in
// their order: the columns that are always there, then those that are left out where
// they have no value.
func DefaultFields() (always, optional []string) {
	always = []string{
		"trace_id", "span_id", "parent_span_id", "name", "kind", "service_name", "target",
		"status", "status_code", "status_message", "duration_ms", "start_ms", "end_ms",
		"start_time_unix_nano", "end_time_unix_nano", "timestamp", "attributes", "resource",
		"project", "profile", "node",
	}
	return always, []string{"role", "flag", "events", "links"}
}

// CompileFields compiles the field mapping of s, or the default if s has none. Its error
// joins a [setting.Problem] for each source that doesn't exist and each name that is used twice.
//
// Beside the names in [Sources], "attributes.KEY" and "resource.KEY" select one
// attribute of the span or of its resource.
func CompileFields(s exporter.Settings) (*Fields, error) {
	f := &Fields{
		Identity: s.Identity, Flag: s.Flag, Connection: s.Connection, Driver: s.Driver,
		sources: make(map[string]*Source),
	}
	sources := Sources()
	for i := range sources {
		for _, name := range sources[i].Names {
			f.sources[name] = &sources[i]
		}
	}
	if len(s.Fields) == 0 {
		always, optional := DefaultFields()
		for i, name := range slices.Concat(always, optional) {
			field, _ := f.field(name)
			field.Name, field.Optional = name, i >= len(always)
			f.list = append(f.list, field)
		}
		return f, nil
	}
	var errs []error
	seen := make(map[string]string)
	for _, m := range s.Fields {
		field, problem := f.field(m.Source)
		switch before, twice := seen[m.Target]; {
		case problem != nil:
		case m.Target == "":
			problem = &fault{"the name in the output is empty", nil}
		case twice:
			problem = &fault{"the name %q is taken by field %q: give one of them another name", []any{m.Target, before}}
		}
		if problem != nil {
			errs = append(errs, s.Problem(setting.Join("fields", m.Source), problem.format, problem.args...))
			continue
		}
		seen[m.Target] = m.Source
		field.Name = m.Target
		f.list = append(f.list, field)
	}
	return f, errors.Join(errs...)
}

// List returns the selected fields in the order of the output. Nobody may change it.
func (f *Fields) List() []Field { return f.list }

// Lookup returns what a placeholder of that name stands for: the selected field that is
// called so, or the source. The error says which name was probably meant.
func (f *Fields) Lookup(name string) (Field, error) {
	field, problem := f.lookup(name)
	if problem != nil {
		return field, fmt.Errorf(problem.format, problem.args...)
	}
	return field, nil
}

func (f *Fields) lookup(name string) (Field, *fault) {
	for i := range f.list {
		if f.list[i].Name == name {
			return f.list[i], nil
		}
	}
	field, problem := f.field(name)
	field.Name = name
	return field, problem
}

// fault says why there is no field, as fmt formats it.
type fault struct {
	format string
	args   []any
}

// field returns the field that shows source, or why there is none.
func (f *Fields) field(source string) (Field, *fault) {
	field := Field{Source: source, owner: f}
	if s, ok := f.sources[source]; ok {
		field.get, field.share = s.get, s.share
		return field, nil
	}
	if key, ok := strings.CutPrefix(source, attributePrefix); ok && key != "" {
		field.key = key
		field.get = func(_ *View, fd *Field) Value { return Value{Str: fd.key, Type: TypeAttribute} }
		return field, nil
	}
	if key, ok := strings.CutPrefix(source, resourcePrefix); ok && key != "" {
		field.key = key
		field.get = func(_ *View, fd *Field) Value { return Value{Str: fd.key, Type: TypeResourceAttribute} }
		field.share = perResource
		return field, nil
	}
	if source == "" {
		return field, &fault{"the source is empty", nil}
	}
	return field, &fault{"no span field is called %q%s", []any{source, setting.Known(nearest.Hint(source, f.known()))}}
}

// known returns every name in the order of the table, so that of two near names the same
// one is always suggested.
func (f *Fields) known() []string {
	var names []string
	for i := range f.list {
		names = append(names, f.list[i].Name)
	}
	for _, source := range Sources() {
		names = append(names, source.Names...)
	}
	return names
}
