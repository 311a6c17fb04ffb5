package framework_test

import (
	"context"
	"fmt"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/exportertest"
	"github.com/tracehook/tracehook/exporter/framework"
)

// These types stand for those of the framework.
type (
	// Instance is what a driver is told.
	Instance struct {
		Name    string
		Setting map[string]any
	}
	// Span is what a driver is given.
	Span struct {
		Name   string `json:"name"`
		Status string `json:"status"`
	}
	// Connection is what it returns.
	Connection interface {
		Open() error
		Close() error
		Write(spans ...Span) error
	}
	printer struct{}
	console struct{ name string }
)

func (printer) Connect(i *Instance) (Connection, error) { return &console{i.Name}, nil }

func (*console) Open() error  { return nil }
func (*console) Close() error { return nil }

func (c *console) Write(spans ...Span) error {
	for _, s := range spans {
		fmt.Println(c.name, s.Name, s.Status)
	}
	return nil
}

func Example() {
	ctx := context.Background()
	driver, err := framework.Driver(printer{})
	if err != nil {
		fmt.Println(err)
		return
	}
	e, err := driver.New(ctx, exporter.Settings{Connection: "mine"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(e.ExportSpans(ctx, exportertest.Many(1)), e.Shutdown(ctx))
	// Output:
	// mine many ok
	// <nil> <nil>
}
