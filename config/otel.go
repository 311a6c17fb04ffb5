package config

import (
	"fmt"
	"maps"
	"math"
	"net/url"
	"strconv"
	"strings"

	"github.com/tracehook/tracehook/setting"
)

// otel reads [otel], and the environment where that is silent.
func (d *decoder) otel(root map[string]any) OTel {
	var o OTel
	section, _ := d.table("otel", root["otel"])
	section.only(otelKeys())
	section.text("service", &o.Service)
	o.Resource = d.resource(section)
	o.Propagators = d.propagators(section)
	d.limits(section, &o)

	fromEnvironment := d.resourceAttributes()
	for _, name := range []string{o.Service, o.Resource["service.name"], d.env["OTEL_SERVICE_NAME"], fromEnvironment["service.name"]} {
		if o.Service == "" {
			o.Service = name
		}
	}
	delete(o.Resource, "service.name")
	delete(fromEnvironment, "service.name")
	maps.Copy(fromEnvironment, o.Resource)
	if len(fromEnvironment) > 0 {
		o.Resource = fromEnvironment
	} else {
		o.Resource = nil
	}
	return o
}

// resource reads [otel.resource]. Tables in it are dotted names: service.version = "1".
func (d *decoder) resource(section table) map[string]string {
	in, ok := section.below("resource")
	if !ok {
		return nil
	}
	resource := make(map[string]string)
	d.flatten("", in, resource)
	return resource
}

func (d *decoder) flatten(prefix string, in table, into map[string]string) {
	for _, name := range sortedKeys(in.m) {
		path, v := setting.Join(in.path, name), in.m[name]
		switch v := v.(type) {
		case nil:
		case map[string]any:
			d.flatten(prefix+name+".", table{d, path, v}, into)
		case []any:
			d.fail(path, "must be a single value, not a list")
		default:
			if strings.TrimSpace(name) == "" {
				d.fail(path, "an empty name is no resource attribute")
				continue
			}
			into[prefix+name] = fmt.Sprint(v)
		}
	}
}

// resourceAttributes reads OTEL_RESOURCE_ATTRIBUTES: key=value pairs with commas between them,
// values percent-encoded. As the specification says, the whole of it is ignored if a part is
// wrong.
func (d *decoder) resourceAttributes() map[string]string {
	const variable = "OTEL_RESOURCE_ATTRIBUTES"
	attributes := make(map[string]string)
	for pair := range strings.SplitSeq(d.env[variable], ",") {
		if strings.TrimSpace(pair) == "" {
			continue
		}
		name, value, ok := strings.Cut(pair, "=")
		name = strings.TrimSpace(name)
		value, err := url.PathUnescape(strings.TrimSpace(value))
		if !ok || name == "" || err != nil {
			d.warn(variable, "is ignored: it must be key=value pairs with commas between them, values percent-encoded")
			return make(map[string]string)
		}
		attributes[name] = value
	}
	return attributes
}

func (d *decoder) propagators(section table) []string {
	path, v, ok := section.get("propagators")
	if !ok {
		var all []string
		for name := range strings.SplitSeq(d.env["OTEL_PROPAGATORS"], ",") {
			if name = strings.TrimSpace(name); name != "" {
				d.SetPlace(setting.At("otel.propagators", len(all)), Place{File: "OTEL_PROPAGATORS"})
				all = append(all, name)
			}
		}
		if len(all) == 0 {
			all = []string{"tracecontext", "baggage"}
		}
		return all
	}
	list, ok := d.asList(path, v)
	if !ok {
		d.fail(path, `must be a list such as ["tracecontext", "baggage"], not `+typeName(v))
		return nil
	}
	if len(list) == 0 {
		d.fail(path, `is empty; write ["none"] to propagate nothing`)
	}
	var all []string
	for i, v := range list {
		name, ok := v.(string)
		switch {
		case v == nil:
		case !ok:
			d.fail(setting.At(path, i), "must be a name in quotes, not "+typeName(v))
		case strings.TrimSpace(name) == "":
			d.fail(setting.At(path, i), "an empty name is no propagator")
		default:
			all = append(all, strings.TrimSpace(name))
		}
	}
	return all
}

// limits reads [otel.limits], and the environment where that is silent.
func (d *decoder) limits(section table, o *OTel) {
	in, _ := section.below("limits")
	in.only(limitKeys())
	for _, limit := range []struct {
		name      string
		into      *int
		variables []string
	}{
		{"attribute_count_limit", &o.AttributeCountLimit, []string{"OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "OTEL_ATTRIBUTE_COUNT_LIMIT"}},
		{"attribute_value_length_limit", &o.AttributeValueLengthLimit, []string{"OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT"}},
		{"event_count_limit", &o.EventCountLimit, []string{"OTEL_SPAN_EVENT_COUNT_LIMIT"}},
		{"link_count_limit", &o.LinkCountLimit, []string{"OTEL_SPAN_LINK_COUNT_LIMIT"}},
		{"event_attribute_count_limit", &o.AttributePerEventCountLimit, []string{"OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT"}},
		{"link_attribute_count_limit", &o.AttributePerLinkCountLimit, []string{"OTEL_LINK_ATTRIBUTE_COUNT_LIMIT"}},
	} {
		if in.has(limit.name) {
			in.integer(limit.name, limit.into, -1, math.MaxInt32)
			if i, ok := asInteger(in.m[limit.name]); ok && i == 0 {
				d.fail(setting.Join(in.path, limit.name), "0 would drop everything; -1 is unlimited, and leaving it out is OpenTelemetry's default")
			}
			continue
		}
		for _, variable := range limit.variables {
			if i, ok := d.envInteger(variable, math.MinInt32, math.MaxInt32); ok {
				*limit.into = max(-1, i)
				break
			}
		}
	}
}

// envInteger reads a whole number from the environment. An empty variable is an unset one,
// and a wrong one is ignored with a warning, as the specification says.
func (d *decoder) envInteger(variable string, least, greatest int) (int, bool) {
	text := strings.TrimSpace(d.env[variable])
	if text == "" {
		return 0, false
	}
	i, err := strconv.Atoi(text)
	if err != nil || i < least || i > greatest {
		d.warn(variable, fmt.Sprintf("is ignored: it must be a whole number from %d to %d", least, greatest))
		return 0, false
	}
	return i, true
}

// envBool reads true or false from the environment. Anything else is false with a warning, as
// the specification says.
func (d *decoder) envBool(variable string) bool {
	switch strings.ToLower(strings.TrimSpace(d.env[variable])) {
	case "true":
		return true
	case "", "false":
	default:
		d.warn(variable, "is ignored: it must be true or false; false counts")
	}
	return false
}
