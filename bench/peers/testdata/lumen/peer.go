package main

import (
	"context"
	"os"

	"github.com/kolosys/lumen/trace"
)

// peer is a tracer with an exporter that discards, and with a queue as long as the SDK's.
func peer() (one func(), flush func()) {
	tracer := trace.New(&trace.Options{AsyncExport: true, AsyncBufferSize: 8192})
	return startEnd(tracer), func() {}
}

// peerFile is a tracer that writes JSON to a file.
func peerFile(path string) (one func(), done func()) {
	f, err := os.Create(path)
	if err != nil {
		fail(err)
	}
	tracer := trace.New(&trace.Options{AsyncExport: true, Exporter: trace.NewWriterExporter(f)})
	return startEnd(tracer), func() {
		if err := tracer.Close(); err != nil {
			fail(err)
		}
		if err := f.Close(); err != nil {
			fail(err)
		}
	}
}

func startEnd(tracer *trace.Tracer) func() {
	ctx := context.Background()
	return func() {
		_, span := tracer.Start(ctx, "http:users")
		span.SetAttribute("http.request.method", "GET")
		span.SetAttribute("http.route", "/users/{id}")
		span.SetAttribute("http.response.status_code", 200)
		span.SetAttribute("vip", false)
		span.End()
	}
}
