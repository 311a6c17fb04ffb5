package greptime_test

import (
	"context"
	"fmt"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/greptime"
)

// Without fields, spans go through GreptimeDB's trace pipeline.
func ExampleNew() {
	e, err := greptime.New(context.Background(), greptime.Options{
		Username: "root", Password: exporter.NewSecret("secret"), Table: "spans", TTL: "30d",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(e)
	fmt.Println(e.Shutdown(context.Background()))
	// Output:
	// greptime http://127.0.0.1:4000 table public.spans
	// <nil>
}

// A mapping renames columns of the table and adds others.
func ExampleCompileColumns() {
	columns, err := greptime.CompileColumns(exporter.Settings{Fields: []exporter.FieldMapping{
		{Source: "timestamp", Target: "ts"}, {Source: "trace_id", Target: "tid"}, {Source: "project", Target: "project"},
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	names := columns.Names()
	fmt.Println(names[0], names[4], names[7], names[len(names)-1])
	// Output:
	// ts tid span_name project
}

// Check finds the most common mistake before the first span is lost.
func ExampleDriver() {
	err := greptime.Driver().Check(exporter.Settings{Setting: map[string]any{"url": "http://db:4001"}})
	fmt.Println(err)
	// Output:
	// setting.url: 4001 is GreptimeDB's gRPC port; OTLP/HTTP is 4000: correct the port, or write grpc://
}
