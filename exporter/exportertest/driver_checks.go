package exportertest

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/setting"
)

type driverCheck struct {
	name  string
	check func(r *driverRun)
}

func driverChecks() []driverCheck {
	return []driverCheck{
		{"heeds or refuses fields", heedsFields},
		{"heeds or refuses format", heedsFormat},
		{"heeds or refuses json", heedsJSON},
		{"refuses unknown settings", refusesUnknownSettings},
		{"refuses unknown fields", refusesUnknownFields},
		{"changes no settings", changesNoSettings},
	}
}

// fieldName is a name that no driver gives to a field by itself, and marker a text that none writes.
const (
	fieldName = "kit_renamed"
	marker    = "kit-marker"
)

func fields() []exporter.FieldMapping {
	return []exporter.FieldMapping{{Source: "span_id", Target: "kit_id"}, {Source: "name", Target: fieldName}}
}

func heedsFields(r *driverRun) {
	s := r.subject.Settings(r)
	s.Fields = fields()
	out, err := r.output(s)
	if r.refused("fields", err) {
		return
	}
	if !strings.Contains(out, fieldName) { // lines of text may name no fields
		s = r.subject.Settings(r)
		s.Fields, s.JSON = fields(), true
		if lines, err := r.output(s); err == nil {
			out = lines
		}
	}
	if !strings.Contains(out, fieldName) {
		r.ignored("fields", `with fields = { name = "`+fieldName+`" } the destination has no field of that name`, out)
	}
}

func heedsFormat(r *driverRun) {
	s := r.subject.Settings(r)
	s.Format = marker + " %name%"
	out, err := r.output(s)
	if r.refused("format", err) {
		return
	}
	if want := marker + " " + r.spans()[0].Name(); !strings.Contains(out, want) {
		r.ignored("format", fmt.Sprintf("with format = %q the destination has no %q", s.Format, want), out)
	}
}

func heedsJSON(r *driverRun) {
	s := r.subject.Settings(r)
	s.JSON = true
	out, err := r.output(s)
	if r.refused("json", err) {
		return
	}
	for line := range strings.Lines(out) {
		if line = strings.TrimSpace(line); line != "" && !json.Valid([]byte(line)) {
			r.ignored("json", "with json = true the destination has a line that isn't JSON", line)
			return
		}
	}
	if strings.TrimSpace(out) == "" {
		r.ignored("json", "with json = true nothing shows JSON", out)
	}
}

// refused reports whether the driver refused settings with key, and blames what is wrong with that.
func (r *driverRun) refused(key string, err error) bool {
	if err == nil {
		return false
	}
	if blames(key, err) {
		return true
	}
	r.problem("the driver refused settings with %s, but its error is no Problem of the key %q; "+
		"make it with Settings.Problem(%[2]q, ...): %w", key, key, err)
	return true
}

// blames reports whether err has a problem of key or of one below it, or one of another key that names it.
func blames(key string, err error) bool {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return slices.ContainsFunc(joined.Unwrap(), func(err error) bool { return blames(key, err) })
	}
	p, ok := errors.AsType[setting.Problem](err)
	return ok && (strings.HasSuffix(p.Path, key) || strings.Contains("."+p.Path, "."+key+".") || strings.Contains(p.Error(), key))
}

// ignored reports a setting without an effect.
func (r *driverRun) ignored(key, how, out string) {
	if slices.Contains(r.subject.Ignores, key) {
		return
	}
	if r.subject.Output == nil {
		how = "the driver accepts it, and the subject has no Output in which an effect could be seen"
	}
	r.problem("the driver ignores %s: %s; heed it, refuse it with Settings.Problem, or say in the driver's "+
		"documentation and in Ignores that it is ignored. The destination has:\n%.500s", key, how, out)
}

func refusesUnknownSettings(r *driverRun) {
	s := r.subject.Settings(r)
	table := map[string]any{"kit_no_such_key": true}
	maps.Copy(table, s.Setting)
	s.Setting = table
	e, err := r.build(s)
	if err == nil {
		r.problem("the driver accepts any key in its setting table: a misspelled one would have no effect; " +
			"read the table with Settings.Table and return its Err")
		r.shutdown(e)
		return
	}
	r.refused("setting.kit_no_such_key", err)
}

func refusesUnknownFields(r *driverRun) {
	s := r.subject.Settings(r)
	s.Fields = []exporter.FieldMapping{{Source: "kit_no_such_field", Target: "x"}}
	e, err := r.build(s)
	switch {
	case err != nil:
		r.refused("fields", err)
	case !slices.Contains(r.subject.Ignores, "fields"):
		r.problem("the driver accepts a field that no span has: compile fields with encode.CompileFields, and return its error")
		r.shutdown(e)
	default:
		r.shutdown(e)
	}
}

func changesNoSettings(r *driverRun) {
	s := r.subject.Settings(r)
	before := fmt.Sprint(s.Setting, s.Spool, s.Retry)
	e, err := r.build(s)
	if err != nil {
		r.problem("the driver refused settings that work: %w", err)
		return
	}
	r.shutdown(e)
	if after := fmt.Sprint(s.Setting, s.Spool, s.Retry); after != before {
		r.problem("the driver changed its settings, which are not its own: the next reload compares them")
	}
}
