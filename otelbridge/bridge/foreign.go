package bridge

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/tracehook/tracehook/processor"
)

// foreign is what a Bridge knows of spans from a provider of the application's own whose sampler
// isn't the Bridge's.
type foreign struct {
	lent  atomic.Bool // SpanProcessor was given away
	seen  atomic.Bool
	first sync.Once
	share share
	said  sync.Once
}

// droppingCure says what to do about a sampler that drops.
const droppingCure = "give its TracerProvider the sampler bridge.SamplerOver(theirs), which changes nothing else"

// noticeForeign is called for each span of such a provider, at its start.
func (b *Bridge) noticeForeign(s sdktrace.ReadWriteSpan) {
	f := &b.foreign
	f.seen.Store(true)
	f.first.Do(func() { b.sayForeign(s) })
	if !s.Parent().IsValid() && !f.share.known.Load() && f.share.add(s.SpanContext().TraceID()) {
		f.said.Do(func() {
			b.opts.lines.Logger().Warn("another TracerProvider's sampler drops traces before any connection sees them: "+
				"their errors and slow spans are lost, whatever the configuration says",
				"sampled", fmt.Sprintf("about %.2g", f.share.estimate()), "do", droppingCure)
		})
	}
}

// sayForeign says once what of the configuration such spans pass by.
func (b *Bridge) sayForeign(s sdktrace.ReadWriteSpan) {
	log := b.opts.lines.Logger()
	if !b.opts.alwaysOn {
		log.Info("spans come from another TracerProvider: what its own sampler drops reaches no connection, errors included", "do", droppingCure)
	}
	if ignored := b.ignoredBy(s); len(ignored) > 0 {
		log.Warn("another TracerProvider doesn't heed what [otel] says: set it there, too, or use Bridge.TracerProvider", "ignored", strings.Join(ignored, ", "))
	}
}

// ignoredBy returns the keys of [otel] that the provider of s doesn't heed, as far as s shows it.
func (b *Bridge) ignoredBy(s sdktrace.ReadWriteSpan) (keys []string) {
	o := &b.first.cfg.OTel
	differs := func(key attribute.Key, want string) bool {
		v, _ := s.Resource().Set().Value(key)
		return v.String() != want
	}
	if o.Service != "" && differs(semconv.ServiceNameKey, o.Service) {
		keys = append(keys, "service")
	}
	for _, key := range slices.Sorted(maps.Keys(o.Resource)) {
		if differs(attribute.Key(key), o.Resource[key]) {
			keys = append(keys, "resource."+key)
		}
	}
	if limitsFromEnvironment() { // which every provider reads
		return keys
	}
	for _, limit := range []struct {
		key   string
		value int
	}{
		{"limits.attribute_count_limit", o.AttributeCountLimit},
		{"limits.attribute_value_length_limit", o.AttributeValueLengthLimit},
		{"limits.event_count_limit", o.EventCountLimit},
		{"limits.link_count_limit", o.LinkCountLimit},
		{"limits.event_attribute_count_limit", o.AttributePerEventCountLimit},
		{"limits.link_attribute_count_limit", o.AttributePerLinkCountLimit},
	} {
		if limit.value != 0 {
			keys = append(keys, limit.key)
		}
	}
	return keys
}

func limitsFromEnvironment() bool {
	return slices.ContainsFunc(os.Environ(), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return strings.HasPrefix(name, "OTEL_") && strings.HasSuffix(name, "_LIMIT")
	})
}

// warnForeign adds to e what it doesn't say of spans from another provider.
func (b *Bridge) warnForeign(e *Explanation) {
	var w string
	switch {
	case b.foreign.share.known.Load():
		w = fmt.Sprintf("mind: spans come from another TracerProvider whose sampler keeps about %.2g of all traces: of the others "+
			"this connection gets nothing, errors included; %s", b.foreign.share.estimate(), droppingCure)
	case b.foreign.seen.Load() && !b.opts.alwaysOn:
		w = "mind: spans come from another TracerProvider: what its own sampler drops never gets here, errors included; " + droppingCure
	default:
		return
	}
	e.Why, e.Warnings = append(e.Why, w), append(e.Warnings, w)
}

// degradeForeign says of connections that keep errors or slow spans that they don't get all of them.
func (b *Bridge) degradeForeign(p *plan, h *processor.Health) {
	if !b.foreign.share.known.Load() {
		return
	}
	for _, n := range p.connections {
		c, ok := h.Connections[n.cfg.Name]
		if !ok || c.State != processor.StateOK || !n.cfg.Sample.Error && n.cfg.Sample.Slow == 0 {
			continue
		}
		c.State, c.Why = processor.StateDegraded, "it misses errors or slow spans of the traces that another TracerProvider's sampler drops: "+droppingCure
		h.Connections[n.cfg.Name] = c
		if h.State == processor.StateOK {
			h.State = processor.StateDegraded
		}
	}
}
