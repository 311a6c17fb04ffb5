package greptime

import (
	"errors"
	"slices"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/encode"
	"github.com/tracehook/tracehook/exporter/greptime/internal/wire"
	"github.com/tracehook/tracehook/setting"
)

// Columns are the columns of a table of spans, in their order. They are immutable and safe for
// concurrent use; [CompileColumns] makes them.
type Columns struct{ list []column }

// column is one column: what it is called and where its values come from.
type column struct {
	name     string
	source   string   // the field that named it, "" for the name that GreptimeDB has
	sources  []string // the fields that mean it
	value    func(w *rowWriter, dst []byte) []byte
	datatype wire.ColumnDataType
	semantic wire.SemanticType
	indexed  bool
}

// Names returns the names of the columns. The slice is the caller's.
func (c *Columns) Names() []string {
	names := make([]string, len(c.list))
	for i := range c.list {
		names[i] = c.list[i].name
	}
	return names
}

// CompileColumns compiles the field mapping of s. Without one, the columns are those of
// GreptimeDB's own trace table, with the attributes of span, scope and resource as one JSON
// column each.
//
// A mapping that gives some field another name keeps all of these columns and renames those
// that it mentions; fields that are no such column are added after them. A mapping that
// renames nothing, which is what a list of fields is, selects: the table has these columns
// only, and the time index, timestamp, which no table can do without.
//
// Its error joins a [setting.Problem] for each field that doesn't exist, and each column name that is
// empty, illegal or taken.
func CompileColumns(s exporter.Settings) (*Columns, error) {
	m := mapping{standard: standardColumns(), settings: s}
	for _, f := range s.Fields {
		m.take(f)
	}
	selects := len(s.Fields) > 0 && !slices.ContainsFunc(s.Fields, func(f exporter.FieldMapping) bool { return f.Source != f.Target })
	c := &Columns{}
	for i := range m.standard {
		if col := m.standard[i]; !selects || col.source != "" || col.semantic == wire.SemanticType_TIMESTAMP {
			c.list = append(c.list, col)
		}
	}
	c.list = append(c.list, m.extra...)
	m.checkNames(c.list)
	return c, errors.Join(m.problems...)
}

func (o *Options) readColumns(s exporter.Settings) error {
	if !o.rows() {
		return nil
	}
	var err error
	o.Columns, err = CompileColumns(s)
	return err
}

// mapping is the work on one compilation.
type mapping struct {
	settings exporter.Settings
	standard []column
	extra    []column
	problems []error
}

func (m *mapping) problem(source, format string, args ...any) {
	m.problems = append(m.problems, m.settings.Problem(setting.Join("fields", source), format, args...))
}

// take renames the column that f means, or adds one.
func (m *mapping) take(f exporter.FieldMapping) {
	if err := checkColumn(f.Target); err != nil {
		m.problem(f.Source, "%v", err)
	}
	i := slices.IndexFunc(m.standard, func(c column) bool { return slices.Contains(c.sources, f.Source) })
	if i < 0 {
		m.add(f)
		return
	}
	c := &m.standard[i]
	if c.source != "" {
		m.problem(f.Source, "is the same column as %q: leave one of them out", c.source)
		return
	}
	c.source, c.name = f.Source, f.Target
	if f.Source == "attributes" || f.Source == "attrs" {
		c.value = jsonField(encode.TypeAttributes)
	}
}

// add appends a column that GreptimeDB's trace table doesn't have.
func (m *mapping) add(f exporter.FieldMapping) {
	s := m.settings
	s.Fields = []exporter.FieldMapping{{Source: f.Source, Target: f.Source}} // names are checked for all columns together
	fields, err := encode.CompileFields(s)
	if err != nil {
		m.problems = append(m.problems, err)
		return
	}
	c := extraColumn(&fields.List()[0])
	c.name, c.source = f.Target, f.Source
	m.extra = append(m.extra, c)
}

// checkNames reports columns of one name, at the field that has to change.
func (m *mapping) checkNames(list []column) {
	taken := make(map[string]string, len(list))
	for i := range list {
		c := &list[i]
		before, twice := taken[c.name]
		switch {
		case !twice || c.name == "":
			taken[c.name] = c.source
		case c.source == "":
			m.problem(before, "the name %q is taken by a column that the table has anyway: choose another, or rename that column too", c.name)
		case before == "":
			m.problem(c.source, "the name %q is taken by a column that the table has anyway: choose another, or rename that column too", c.name)
		default:
			m.problem(c.source, "the name %q is taken by field %q: give one of them another name", c.name, before)
		}
	}
}
