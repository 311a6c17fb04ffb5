// Custom-driver is a program with destinations of its own: a SQLite database, and a network service
// that takes lines of JSON. docs/write-a-driver.md explains it.
package main

import (
	"context"
	"fmt"
	"log"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/otelbridge"
)

const traceTOML = `
[trace]
driver = "sqlite"
fields = { trace_id = "trace", name = "op", duration_ms = "ms" }
setting = { path = "file:demo?mode=memory" }
`

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	cfg, err := config.Parse([]byte(traceTOML), "toml")
	if err != nil {
		return err
	}
	bridge, err := otelbridge.New(ctx, cfg, otelbridge.WithDriverSpec("sqlite", SQLite()))
	if err != nil {
		return err
	}
	_, span := bridge.TracerProvider().Tracer("app").Start(ctx, "hello")
	span.End()
	err = bridge.Shutdown(ctx)
	for name, c := range bridge.Stats().Connections {
		fmt.Printf("%s: exported %d of %d\n", name, c.Exported, c.Offered)
	}
	return err
}
