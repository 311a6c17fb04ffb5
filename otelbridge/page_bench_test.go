package otelbridge_test

import (
	"context"
	"io"
	"net/http"
	"slices"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/otelbridge"
)

// BenchmarkEndWithAPage compares Start and End where the one connection is a page that somebody follows
// with those where it is one that forgets, in turns. x/none is the ratio of the medians: 1 is no
// difference.
func BenchmarkEndWithAPage(b *testing.B) {
	const settings = "[otel]\nservice = \"x\"\n[trace.a]\noverflow = \"drop\"\n"
	open := func(driver string) *otelbridge.Bridge {
		cfg, err := config.Parse([]byte(settings+driver), "toml")
		if err != nil {
			b.Fatal(err)
		}
		bridge, err := otelbridge.New(b.Context(), cfg)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = bridge.Shutdown(context.Background()) })
		return bridge
	}
	none, page := open("driver = \"none\"\n"), open("driver = \"page\"\n[trace.a.setting]\nlisten = \"127.0.0.1:0\"\n")
	request, err := http.NewRequestWithContext(b.Context(), http.MethodGet, page.Health().Addresses["a"]+"api/spans?follow=1", nil)
	if err != nil {
		b.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	go func() { _, _ = io.Copy(io.Discard, answer.Body) }()

	const burst = 500 // less than the queue holds, and exported between the measurements
	tracers := []trace.Tracer{none.TracerProvider().Tracer("t"), page.TracerProvider().Tracer("t")}
	bridges := []*otelbridge.Bridge{none, page}
	var took [2][]time.Duration
	for round := 0; b.Loop(); round++ {
		for i := range tracers {
			which := (i + round) % len(tracers) // in turns: the one goes on working while the other is measured
			tracer := tracers[which]
			time.Sleep(3 * time.Millisecond)
			begin := time.Now()
			for range burst {
				_, s := tracer.Start(b.Context(), "GET /users/:id")
				s.SetAttributes(attribute.String("http.route", "/users/:id"), attribute.Int("http.response.status_code", 200))
				s.End()
			}
			took[which] = append(took[which], time.Since(begin)/burst)
			if err := bridges[which].ForceFlush(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	}
	median := func(all []time.Duration) float64 {
		slices.Sort(all)
		return float64(all[len(all)/2])
	}
	b.ReportMetric(median(took[0]), "ns/none")
	b.ReportMetric(median(took[1]), "ns/page")
	b.ReportMetric(median(took[1])/median(took[0]), "x/none")
}
