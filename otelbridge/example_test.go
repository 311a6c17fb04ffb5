package otelbridge_test

import (
	"context"
	"errors"
	"fmt"

	"go.opentelemetry.io/otel/attribute"

	"github.com/tracehook/tracehook"
	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/otelbridge"
)

// One configuration, two APIs, one trace. Errors go to standard error, so only what went
// well is printed here.
func ExampleNew() {
	ctx := context.Background()
	cfg, err := config.Parse([]byte(`
[trace]
json = true
fields = { name = "span", kind = "kind", status = "status" }
`), "toml")
	if err != nil {
		fmt.Println(err)
		return
	}
	bridge, err := otelbridge.New(ctx, cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	meta := tracehook.NewMeta().WithContext(ctx)
	login := bridge.Hook().Begin(meta, "service:user.login", tracehook.TraceAttrs("user", tracehook.TraceKindService, "login"))
	_, query := bridge.TracerProvider().Tracer("app").Start(meta.Context(), "db.query")
	query.End()
	login.End()
	if err := bridge.Shutdown(ctx); err != nil {
		fmt.Println(err)
	}
	// Output:
	// {"span":"db.query","kind":"internal","status":"ok"}
	// {"span":"service:user.login","kind":"service","status":"ok"}
}

// Every problem of a configuration is reported at once, with its place.
func ExampleCheck() {
	cfg, err := config.Parse([]byte(`
[trace.archive]
driver = "flie"
[trace.console]
format = "%nam%"
`), "toml")
	if err == nil {
		err = otelbridge.Check(cfg)
	}
	if problems, ok := errors.AsType[config.Problems](err); ok {
		for _, p := range problems {
			fmt.Printf("line %d, %s\n", p.Line, p.Path)
		}
	}
	// Output:
	// line 3, trace.archive.driver
	// line 5, trace.console.format
}

// Explain answers why a span would be kept, before it exists.
func ExampleBridge_Explain() {
	ctx := context.Background()
	cfg, err := config.Parse([]byte(`
[trace]
driver = "none"
[trace.sample]
rules = [
  { name = "service:*", sample = 0.25 },
  { name = "service:user.*", sample = 1, attrs = { vip = true } },
]
`), "toml")
	if err != nil {
		fmt.Println(err)
		return
	}
	bridge, err := otelbridge.New(ctx, cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, vip := range []bool{false, true} {
		e := bridge.Explain("service:user.login", "service", attribute.Bool("vip", vip))[0]
		fmt.Printf("vip=%v: rule %d, probability %v\n", vip, e.Rule, e.Probability)
	}
	if err := bridge.Shutdown(ctx); err != nil {
		fmt.Println(err)
	}
	// Output:
	// vip=false: rule 0, probability 0.25
	// vip=true: rule 1, probability 1
}
