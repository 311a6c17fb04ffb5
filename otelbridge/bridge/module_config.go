package bridge

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"strings"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/exporter"
)

// parts are what a framework has told a Module.
type parts struct {
	adapt   func(any) (exporter.Driver, error) // nil without
	drivers map[string]exporter.Driver
	code    map[string]map[string]any // connections that were registered as structs
	global  map[string]any
}

// register keeps a driver or configuration; other values are somebody else's. It returns the driver,
// if it was one, and the name that it has.
func (r *parts) register(name string, value any) (as string, d *exporter.Driver, err error) {
	name = strings.TrimSpace(name)
	if name == "" {
		name = "default"
	}
	switch v := value.(type) {
	case nil:
	case exporter.Driver:
		d = &v
	case exporter.Factory:
		d = &exporter.Driver{New: v, Network: true, Spool: true}
	case func(context.Context, exporter.Settings) (sdktrace.SpanExporter, error):
		d = &exporter.Driver{New: v, Network: true, Spool: true}
	case map[string]any: // the framework hands it to Config, too
	default:
		if r.adapt != nil {
			adapted, err := r.adapt(value)
			switch {
			case err == nil:
				d = &adapted
			case !errors.Is(err, errors.ErrUnsupported):
				return name, nil, fmt.Errorf("driver %q: %w", name, err)
			}
		}
		if d == nil {
			r.structs(name, reflect.ValueOf(value))
		}
	}
	switch _, taken := r.drivers[name]; {
	case d == nil, taken:
		return name, nil, nil
	case d.New == nil:
		return name, nil, fmt.Errorf("driver %q has no factory: set Driver.New", name)
	case r.drivers == nil:
		r.drivers = make(map[string]exporter.Driver)
	}
	r.drivers[name] = *d
	return name, d, nil
}

// structs keeps a connection that is a struct with the fields of the framework's trace.Config, or
// each of a map of such.
func (r *parts) structs(name string, v reflect.Value) {
	switch {
	case v.Kind() == reflect.Map && v.Type().Key().Kind() == reflect.String && v.Type().Elem().Kind() == reflect.Struct:
		for _, key := range v.MapKeys() {
			r.structs(key.String(), v.MapIndex(key))
		}
	case v.Kind() == reflect.Struct:
		conn, ok := connectionOf(v)
		if _, taken := r.code[name]; !ok || taken {
			return
		}
		if r.code == nil {
			r.code = make(map[string]map[string]any)
		}
		r.code[name] = conn
	}
}

// connectionOf returns what a struct like the framework's trace.Config says, by the keys of a
// configuration. Zero fields say nothing: a Sample of 0 was never meant to drop everything.
func connectionOf(v reflect.Value) (map[string]any, bool) {
	if !v.FieldByName("Driver").IsValid() || !v.FieldByName("Setting").IsValid() {
		return nil, false
	}
	conn := make(map[string]any)
	for field, key := range map[string]string{
		"Driver": "driver", "Json": "json", "Buffer": "buffer", "Timeout": "timeout", "Flag": "flag",
		"Format": "format", "Sample": "sample", "Fields": "fields", "Setting": "setting",
	} {
		if f := v.FieldByName(field); f.IsValid() && f.CanInterface() && !f.IsZero() {
			conn[key] = f.Interface()
		}
	}
	return conn, true
}

// merge takes configuration over: later keys win over earlier ones. Below a connection, the table
// sample is merged, too; setting, fields and the others are replaced, as the framework does.
func (r *parts) merge(global map[string]any) {
	if r.global == nil {
		r.global = make(map[string]any)
	}
	for key, value := range global {
		old, isOld := r.global[key].(map[string]any)
		next, isNext := value.(map[string]any)
		switch {
		case !isOld || !isNext:
			r.global[key] = value
		case key == "trace":
			r.global[key] = mergeTrace(old, next)
		default:
			r.global[key] = mergeMaps(old, next)
		}
	}
}

func mergeTrace(old, next map[string]any) map[string]any {
	out := maps.Clone(old)
	for key, value := range next {
		a, isOld := out[key].(map[string]any)
		b, isNext := value.(map[string]any)
		switch {
		case !isOld || !isNext || isRootTable(key) && key != "sample":
			out[key] = value
		case key == "sample":
			out[key] = mergeMaps(a, b)
		default:
			out[key] = mergeConnection(a, b)
		}
	}
	return out
}

func mergeConnection(old, next map[string]any) map[string]any {
	out := maps.Clone(old)
	for key, value := range next {
		a, isOld := out[key].(map[string]any)
		b, isNext := value.(map[string]any)
		if key == "sample" && isOld && isNext {
			value = mergeMaps(a, b)
		}
		out[key] = value
	}
	return out
}

func mergeMaps(old, next map[string]any) map[string]any {
	out := maps.Clone(old)
	maps.Copy(out, next)
	return out
}

// isRootTable reports a table below [trace] that belongs to the connection default.
func isRootTable(key string) bool {
	switch key {
	case "setting", "sample", "fields", "spool", "retry", "redact":
		return true
	}
	return false
}

// config returns the configuration, code first and files over it. What has a mistake is left out,
// and the error says what that was.
func (r *parts) config() (config.Config, error) {
	global := maps.Clone(r.global)
	if global == nil {
		global = make(map[string]any)
	}
	if len(r.code) > 0 {
		section, _ := global["trace"].(map[string]any)
		global["trace"] = r.withCode(section)
	}
	cfg, err := config.FromMap(global)
	var left []error
	for err != nil {
		left = append(left, err)
		if global = without(global, err); global == nil {
			cfg = config.Default()
			cfg.Connections, cfg.Implicit = nil, false
			break
		}
		cfg, err = config.FromMap(global)
	}
	return cfg, errors.Join(left...)
}

// withCode puts what was registered as structs below section.
func (r *parts) withCode(section map[string]any) map[string]any {
	code := make(map[string]any)
	for name, conn := range r.code {
		if name == "default" {
			maps.Copy(code, conn)
		} else {
			code[name] = conn
		}
	}
	return mergeTrace(code, section)
}

// without returns global without the connections and tables that err names; nil if nothing can be
// left out.
func without(global map[string]any, err error) map[string]any {
	problems, ok := errors.AsType[config.Problems](err)
	if !ok {
		return nil
	}
	out, removed := maps.Clone(global), false
	for _, p := range problems {
		first, rest, _ := strings.Cut(p.Path, ".")
		first = strings.TrimRight(strings.SplitN(first, "[", 2)[0], " ")
		if first == "" {
			return nil
		}
		section, isMap := out[first].(map[string]any)
		if !isMap || first != "trace" {
			if _, there := out[first]; there && first != "trace" {
				delete(out, first)
				removed = true
			}
			continue
		}
		section = maps.Clone(section)
		second, _, _ := strings.Cut(rest, ".")
		second, _, _ = strings.Cut(second, "[")
		second = strings.Trim(second, `"`)
		_, isTable := section[second].(map[string]any)
		switch {
		case isTable && !isRootTable(second):
			delete(section, second)
		default: // the connection default
			for key, value := range section {
				if _, isTable := value.(map[string]any); !isTable || isRootTable(key) {
					delete(section, key)
				}
			}
		}
		removed = removed || len(section) < len(out[first].(map[string]any)) //nolint:errcheck // looked at above
		out[first] = section
	}
	if !removed {
		return nil
	}
	return out
}
