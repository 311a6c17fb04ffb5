package bridge_test

import (
	"context"
	"fmt"
	"os"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/console"
	"github.com/tracehook/tracehook/otelbridge/bridge"
)

// A program that writes to consoles alone contains no other driver.
func ExampleNew() {
	cfg, err := config.Parse([]byte("[trace]\nformat = \"%name% %status%\"\n"), "toml")
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	b, err := bridge.New(ctx, cfg, bridge.WithOutput(os.Stdout, os.Stdout), bridge.WithDrivers(func() map[string]exporter.Driver {
		return map[string]exporter.Driver{"console": console.Driver()}
	}))
	if err != nil {
		fmt.Println(err)
		return
	}
	_, span := b.TracerProvider().Tracer("app").Start(ctx, "work")
	span.End()
	if err := b.Shutdown(ctx); err != nil {
		fmt.Println(err)
	}
	// Output:
	// work ok
}
