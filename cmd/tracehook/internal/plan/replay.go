package plan

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/otelbridge"
)

// mostProcesses bounds how many Bridges a replay has.
const mostProcesses = 256

// replay is one run of a recording through one configuration.
type replay struct {
	*Recording
	now      atomic.Int64 // Unix nanoseconds
	bridges  []*otelbridge.Bridge
	contexts map[key]context.Context
	starting map[key]bool
	open     map[int32]trace.Span
	current  int32 // the span that starts or ends now
	captures map[string]*capture
	order    []string

	making     int // the process whose Bridge is being made
	inspectors map[int]exporter.Inspector
	exporters  []*one
	drivers    []string // of the caller's own
}

// Run replays r through cfg, whose drivers are those of the module and those that are named.
func Run(ctx context.Context, r *Recording, cfg config.Config, drivers ...string) (*Result, error) {
	if len(r.processes) > mostProcesses {
		return nil, fmt.Errorf("the recording is of %d processes, by their resources, and %d is the most", len(r.processes), mostProcesses)
	}
	p := &replay{
		Recording: r, contexts: make(map[key]context.Context), starting: make(map[key]bool), open: make(map[int32]trace.Span),
		bridges: make([]*otelbridge.Bridge, len(r.processes)), captures: make(map[string]*capture), inspectors: make(map[int]exporter.Inspector), drivers: drivers,
	}
	p.now.Store(int64(r.first))
	for i := range cfg.Connections {
		c := &cfg.Connections[i]
		p.order = append(p.order, c.Name)
		p.captures[c.Name] = newCapture(p, c)
	}
	defer func() { _ = p.shutdown(context.WithoutCancel(ctx)) }()
	for _, each := range r.processes {
		p.making = each.number
		b, err := p.bridge(ctx, cfg, each)
		if err != nil {
			return nil, err
		}
		p.bridges[each.number] = b
	}
	for i, e := range r.events() {
		if i%1024 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		p.now.Store(int64(e.at))
		if e.end {
			p.end(e.span)
		} else {
			p.start(e.span)
		}
	}
	if err := p.shutdown(context.WithoutCancel(ctx)); err != nil {
		return nil, err
	}
	return p.result(), nil
}

// shutdown ends the Bridges: what waits in their queues reaches the captures.
func (p *replay) shutdown(ctx context.Context) error {
	for _, b := range p.bridges {
		if b == nil {
			continue
		}
		ctx, cancel := context.WithTimeout(ctx, time.Hour)
		err := b.Shutdown(ctx)
		cancel()
		if err != nil {
			return err
		}
	}
	p.bridges = nil
	return nil
}

// clock is the time of the recording.
func (p *replay) clock() time.Time { return time.Unix(0, p.now.Load()) }

// bridge makes the Bridge of one process. Nothing may be lost to a queue.
func (p *replay) bridge(ctx context.Context, cfg config.Config, of *process) (*otelbridge.Bridge, error) {
	cfg.Connections = slices.Clone(cfg.Connections)
	never := false
	for i := range cfg.Connections {
		c := &cfg.Connections[i]
		c.Explain, c.Sync, c.Spool, c.Retry = true, false, nil, nil
		c.Overflow, c.BlockTimeout, c.Sample.Dynamic = "block", time.Hour, &never
	}
	cfg.OTel.Service, cfg.OTel.Resource = of.resource["service.name"], of.resource
	cfg.OTel.ShutdownTimeout, cfg.OTel.Detectors = time.Hour, nil
	judge := &judge{p}
	opts := []otelbridge.Option{
		otelbridge.WithClock(p.clock),
		otelbridge.WithTracerProviderOptions(sdktrace.WithIDGenerator(p), sdktrace.WithSpanProcessor(judge)),
	}
	known := otelbridge.Drivers()
	for _, name := range p.drivers {
		known[name] = exporter.Driver{Network: true, Spool: true}
	}
	for name, d := range known {
		d.New, d.Check, d.Claims = p.capture, nil, nil
		opts = append(opts, otelbridge.WithDriverSpec(name, d))
	}
	return otelbridge.New(ctx, cfg, opts...)
}

// NewIDs implements [sdktrace.IDGenerator], and so does NewSpanID.
func (p *replay) NewIDs(context.Context) (trace.TraceID, trace.SpanID) {
	s := &p.spans[p.current]
	return s.trace, s.id
}

func (p *replay) NewSpanID(context.Context, trace.TraceID) trace.SpanID { return p.spans[p.current].id }
