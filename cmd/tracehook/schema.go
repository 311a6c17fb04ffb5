package main

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/otelbridge"
	"github.com/tracehook/tracehook/setting"
)

func (p *program) schema() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of the configuration, for editors",
		Long: `Print the JSON Schema of the configuration. It is made of what the readers of the configuration ask for, so
that it knows each key of this version. Editors complete keys with it and mark unknown ones:

  tracehook schema > trace.schema.json

and in the first line of a TOML file

  #:schema ./trace.schema.json`,
		Example: "  tracehook schema > trace.schema.json",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			encoder := json.NewEncoder(p.out)
			encoder.SetIndent("", "  ")
			return encoder.Encode(newSchema())
		},
	}
}

// object is a part of a schema.
type object = map[string]any

// newSchema is the schema of this version.
func newSchema() object {
	keys := config.Keys()
	top := closed(keys[""])
	otel := closed(keys["otel"])
	for table, of := range keys {
		if name, ok := strings.CutPrefix(table, "otel."); ok && !strings.Contains(name, ".") {
			if name == "redact" {
				continue // or a bool
			}
			properties(otel)[name] = closed(of)
		}
	}
	properties(top)["otel"] = otel
	// The table of the framework is the connection "default" and all others at once.
	trace := closed(keys["trace"])
	connection(trace, keys)
	trace["additionalProperties"] = object{"$ref": "#/$defs/connection"}
	properties(top)["trace"] = trace
	one := closed(keys["trace"])
	connection(one, keys)
	top["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	top["title"] = "tracehook"
	top["$defs"] = object{"connection": one}
	top["additionalProperties"] = true // a framework has tables of its own in the same file
	return top
}

// connection completes the schema of a connection with the tables in it and those of drivers.
func connection(c object, keys map[string][]setting.Key) {
	sample := closed(keys["trace.sample"])
	rules := object{"type": "array", "items": closed(keys["trace.sample.rules[]"])}
	for name := range properties(sample) {
		if strings.HasSuffix(name, "rules") {
			properties(sample)[name] = rules
		}
		if strings.HasPrefix(name, "sample_") { // may stand in the connection, too
			properties(c)[name] = properties(sample)[name]
		}
	}
	properties(c)["sample"] = object{"anyOf": []any{number(), sample}}
	var cases []any
	drivers := otelbridge.Drivers()
	for _, name := range slices.Sorted(maps.Keys(drivers)) {
		then := object{"properties": object{"setting": closed(settingsOf(drivers[name], "setting"))}}
		if drivers[name].Spool {
			properties(then)["spool"] = closed(settingsOf(drivers[name], "spool"))
			properties(then)["retry"] = closed(settingsOf(drivers[name], "retry"))
		}
		cases = append(cases, object{
			"if":   object{"required": []any{"driver"}, "properties": object{"driver": object{"const": name}}},
			"then": then,
		})
	}
	c["allOf"] = cases
}

// settingsOf returns the keys that a driver reads in one of its tables.
func settingsOf(d exporter.Driver, table string) []setting.Key {
	var keys []setting.Key
	s := exporter.Settings{Connection: "c", Path: "trace.c", Spool: map[string]any{"dir": "spool"}}
	s.Source = setting.NewRecorder(func(at string, key setting.Key) {
		if at == "trace.c."+table {
			keys = append(keys, key)
		}
	})
	if d.Check != nil {
		_ = d.Check(s) // what is wrong with no settings at all is of no interest
	}
	return keys
}

func properties(o object) object { return o["properties"].(object) } //nolint:errcheck // it is one that closed made

// closed is a table that has these keys and no other.
func closed(keys []setting.Key) object {
	all := object{}
	for _, key := range keys {
		for _, name := range key.Names {
			if _, known := all[name]; !known { // the first reading counts
				all[name] = ofKey(key)
			}
		}
	}
	return object{"type": "object", "properties": all, "additionalProperties": false}
}

func number() object { return object{"type": []any{"number", "string"}} }

// ofKey is the schema of one key. Text that holds a value of another kind will do everywhere: an
// editor can't know what ${NAME} is.
func ofKey(key setting.Key) object {
	var o object
	switch key.Type {
	case "text":
		o = object{"type": "string"}
	case "word":
		o = object{"anyOf": []any{object{"enum": texts(key.Words)}, object{"type": "string", "pattern": "[A-Z$ ]"}}}
	case "bool":
		o = object{"type": []any{"boolean", "string"}}
	case "integer", "size":
		o = object{"type": []any{"integer", "number", "string"}}
	case "number", "duration", "word or duration":
		o = number()
	case "list", "list of text":
		o = object{"type": []any{"array", "string"}}
	case "list of tables":
		o = object{"type": "array", "items": object{"type": "object"}}
	case "table", "table of text":
		o = object{"type": "object"}
	case "table or bool":
		o = object{"type": []any{"object", "boolean", "string"}}
	case "list or table":
		o = object{"type": []any{"object", "array", "string"}}
	default:
		o = object{}
	}
	switch value := key.Default.(type) {
	case string:
		if value != "" {
			o["default"] = value
		}
	case bool, int64, float64, int:
		o["default"] = value
	}
	return o
}

func texts(words []string) []any {
	var all []any
	for _, w := range words {
		all = append(all, w)
	}
	return all
}
