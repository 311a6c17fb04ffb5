package main

import (
	"bytes"
	"context"
	"errors"
	"sync"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/delivery"
	"github.com/tracehook/tracehook/exporter/encode"
	"github.com/tracehook/tracehook/exporter/spool"
)

// Lines returns a driver that sends lines of JSON with send, which returns an error if the same
// bytes may succeed later. Retrying, the spool and cutting to maxBytes are delivery's.
func Lines(maxBytes int, send func(ctx context.Context, body []byte) error) exporter.Driver {
	plain := func(ctx context.Context, s exporter.Settings) (*delivery.Exporter, error) {
		encoder, err := encode.New("json", s)
		if err != nil {
			return nil, err
		}
		retry, err := delivery.ReadRetry(s)
		if err != nil {
			return nil, err
		}
		var one sync.Mutex // an encoder is for one goroutine at a time
		return delivery.New(ctx, delivery.Config{
			Driver: s.Driver, Target: "the lines", Transport: transport(send),
			Encode: func(spans []sdktrace.ReadOnlySpan) (delivery.Batch, error) {
				one.Lock()
				defer one.Unlock()
				body := encoder.Append(nil, spans)
				return delivery.Batch{Body: body, Spans: bytes.Count(body, []byte("\n"))}, nil
			},
			Options: delivery.Options{
				Logger: s.Logger, Backoff: retry.Backoff, Budget: retry.Budget, Once: retry.Once,
				MaxBytes: maxBytes, Cutter: cutter{},
			},
		}), nil
	}
	spooled := func(ctx context.Context, s exporter.Settings, keep spool.Options) (*spool.Exporter, error) {
		e, err := plain(ctx, s)
		if err != nil {
			return nil, err
		}
		keep.Kind = "json"
		return spool.NewExporter(ctx, e, keep)
	}
	driver := spool.Driver(readLines, plain, spooled)
	driver.TLS = false // nobody knows where send sends: a connection with require_tls refuses the driver
	return driver
}

// readLines returns the settings, which need no further reading, or what is wrong with them.
func readLines(s exporter.Settings) (exporter.Settings, error) {
	_, err := encode.New("json", s)
	_, wrong := delivery.ReadRetry(s)
	errs := []error{err, wrong, s.Table("setting").Err()}
	if s.Format != "" {
		errs = append(errs, s.Problem("format", "lines of JSON have no template: rename them with fields"))
	}
	return s, errors.Join(errs...)
}

// transport makes one attempt.
type transport func(ctx context.Context, body []byte) error

// Send says whether an attempt may be repeated: here always, and the bytes may have arrived.
func (t transport) Send(ctx context.Context, b delivery.Batch) delivery.Verdict {
	if err := t(ctx, b.Body); err != nil {
		return delivery.Verdict{Outcome: delivery.Retry, Err: err, Uncertain: true}
	}
	return delivery.Verdict{}
}

// Close has nothing to close.
func (transport) Close() error { return nil }

// cutter divides bodies between lines.
type cutter struct{}

// Cut returns bodies of at most limit bytes, except for lines that are longer.
func (cutter) Cut(body []byte, limit int) []delivery.Batch {
	return delivery.CutLines(body, limit)
}

// Name returns the first line, which stands for the span in messages.
func (cutter) Name(body []byte) string {
	line, _, _ := bytes.Cut(body, []byte("\n"))
	return string(line[:min(len(line), 60)])
}
