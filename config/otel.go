package config

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"strings"
	"time"

	"github.com/tracehook/tracehook/setting"
)

// otel reads [otel], and the environment where that is silent.
func (d *decoder) otel(root *setting.Table) OTel {
	t := root.Table("otel")
	o := OTel{Service: t.String("", "service"), Propagators: d.propagators(t)}
	o.Extract, o.Inject = d.directions(t, "extract"), d.directions(t, "inject")
	o.InjectHosts = d.injectHosts(t)
	headers := t.Table("headers")
	o.Headers.TraceID, o.Headers.SpanID = headers.String("", "trace_id"), headers.String("", "span_id")
	headers.Done()
	id := t.Table("request_id")
	o.RequestID.Header, o.RequestID.Honor = id.String("", "header"), id.Bool(false, "honor")
	id.Done()
	o.Weights = t.Word("", weightsWords(), "weights")
	o.MaxWeight = t.Float(0, 1, math.MaxFloat64, "max_weight")
	o.ParentWithoutTh = t.Word("", []string{"one", "unknown"}, "parent_without_th")
	o.Edge = t.Word("", []string{"continue", "restart", "ignore"}, "edge")
	o.EdgeBaggage, o.BaggageAttributes = memberNames(t, "edge_baggage"), memberNames(t, "baggage_attributes")
	o.Detectors = t.Strings("detectors")
	o.ShutdownTimeout = t.DurationIn(0, waits(10*time.Minute), "shutdown_timeout")
	o.RequireTLS = t.Bool(false, "require_tls")
	o.Redact = redact(t)
	d.limits(t, &o)
	o.Traces = traces(t.Table("traces"))
	own := make(map[string]string)
	flatten(t, "resource", t.Map("resource"), "", own)
	t.Done()

	o.Resource = d.resourceAttributes()
	const name = "service.name"
	o.Service = cmp.Or(o.Service, own[name], d.env["OTEL_SERVICE_NAME"], o.Resource[name])
	maps.Copy(o.Resource, own)
	if delete(o.Resource, name); len(o.Resource) == 0 {
		o.Resource = nil
	}
	return o
}

// traces reads [otel.traces].
func traces(t *setting.Table) Traces {
	const most = 1 << 24
	all := Traces{
		Wait:          t.DurationIn(0, waits(10*time.Minute), "wait"),
		MaxTraceSpans: t.Int(0, 1, most, "max_trace_spans"),
		MaxSpans:      t.Int(0, 1, most, "max_spans"),
		MaxBytes:      t.Size(0, 1, "max_bytes"),
		Memory:        t.Int(0, 64, most, "memory"),
	}
	t.Done()
	return all
}

// flatten reads [otel.resource]. Tables in it are dotted names: service.version = "1".
func flatten(t *setting.Table, path string, values map[string]any, prefix string, into map[string]string) {
	for _, name := range sortedKeys(values) {
		below := setting.Join(path, name)
		switch v := values[name].(type) {
		case nil:
		case map[string]any:
			flatten(t, below, v, prefix+name+".", into)
		case []any:
			t.Problem(below, "must be a single value, not a list")
		default:
			if strings.TrimSpace(name) == "" {
				t.Problem(below, "an empty name is no resource attribute")
			}
			into[prefix+name] = fmt.Sprint(v)
		}
	}
}

// resourceAttributes reads OTEL_RESOURCE_ATTRIBUTES. As the specification says, the whole of it
// is ignored if a part is wrong.
func (d *decoder) resourceAttributes() map[string]string {
	const variable = "OTEL_RESOURCE_ATTRIBUTES"
	attributes := make(map[string]string)
	for name, value := range setting.Pairs(d.env[variable]) {
		if name == "" {
			d.warn(variable, "is ignored: it must be key=value pairs with commas between them, values percent-encoded")
			return make(map[string]string)
		}
		attributes[name] = value
	}
	return attributes
}

func (d *decoder) propagators(t *setting.Table) []string {
	before := t.Len()
	names := t.Strings("propagators")
	switch {
	case t.Has("propagators"):
		if len(names) == 0 && t.Len() == before {
			t.Problem("propagators", `is empty; write ["none"] to propagate nothing`)
		}
	case strings.Trim(d.env["OTEL_PROPAGATORS"], " ,") != "":
		for name := range strings.SplitSeq(d.env["OTEL_PROPAGATORS"], ",") {
			if strings.TrimSpace(name) != "" {
				d.SetPlace(setting.At("otel.propagators", len(names)), Place{File: "OTEL_PROPAGATORS"})
				names = append(names, name)
			}
		}
	default:
		names = Default().OTel.Propagators
	}
	for i, name := range names {
		if names[i] = strings.TrimSpace(name); names[i] == "" {
			t.Problem(setting.At("propagators", i), "an empty name is no propagator")
		}
	}
	return names
}

// directions reads the list of the propagators that read, or write.
func (*decoder) directions(t *setting.Table, key string) []string {
	before := t.Len()
	names := t.Strings(key)
	if t.Has(key) && len(names) == 0 && t.Len() == before {
		t.Problem(key, `is empty; write ["none"] for nothing`)
	}
	return names
}

// injectHosts reads [otel.inject_hosts], whose keys are host names.
func (d *decoder) injectHosts(t *setting.Table) map[string][]string {
	hosts := t.Table("inject_hosts")
	defer hosts.Done()
	var all map[string][]string
	for _, host := range hosts.Keys() {
		names := d.directions(hosts, host)
		if end, wild := strings.CutPrefix(host, "*"); host == "" || strings.ContainsAny(host, "/:") || wild && (strings.Contains(end, "*") || end != "" && end[0] != '.') || !wild && strings.Contains(host, "*") {
			hosts.Problem(host, `must be a host name without scheme or port, "*." and the end of one, or "*"`)
		}
		if all == nil {
			all = make(map[string][]string)
		}
		all[host] = names
	}
	return all
}

// memberNames reads a list of names of baggage members.
func memberNames(t *setting.Table, key string) []string {
	names := t.Strings(key)
	for i, name := range names {
		if names[i] = strings.TrimSpace(name); names[i] == "" {
			t.Problem(setting.At(key, i), "an empty name is no member of baggage")
		}
	}
	return names
}

// limits reads [otel.limits], whose keys are named as in OpenTelemetry's own configuration file,
// and the environment where that is silent.
func (d *decoder) limits(t *setting.Table, o *OTel) {
	in := t.Table("limits")
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
		before := in.Len()
		*limit.into = in.Int(0, -1, math.MaxInt32, limit.name)
		if in.Has(limit.name) {
			if *limit.into == 0 && in.Len() == before {
				in.Problem(limit.name, "0 would drop everything; -1 is unlimited, and leaving it out is OpenTelemetry's default")
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
	in.Done()
}
