package tracehook_test

import (
	"fmt"

	"github.com/tracehook/tracehook"
)

// printer is a hook that prints.
type printer struct{}

func (printer) Begin(_ *tracehook.Meta, name string, attrs tracehook.Map) tracehook.TraceSpan {
	fmt.Println("begin", name, attrs) //nolint:forbidigo // an example shows what it does
	return printed(name)
}

func (printer) Trace(_ *tracehook.Meta, name, status string, attrs tracehook.Map) error {
	fmt.Println("trace", name, status, attrs) //nolint:forbidigo // an example shows what it does
	return nil
}

type printed string

func (p printed) End(results ...any) { fmt.Println("end", p, results) } //nolint:forbidigo // an example shows what it does

func ExampleMeta() {
	tracehook.Attach(printer{})
	defer tracehook.Attach(nil)

	ctx := tracehook.NewMeta()
	span := ctx.Begin("service:user.login", tracehook.TraceAttrs("user", tracehook.TraceKindServer, "login"))
	_ = ctx.Trace("user.login.failed", tracehook.Map{"status": "error", "error": "invalid password"})
	span.End()
	// Output:
	// begin service:user.login map[kind:server service:user target:login]
	// trace user.login.failed error map[error:invalid password]
	// end service:user.login []
}

func ExampleMeta_ParseTraceParent() {
	ctx := tracehook.NewMeta()
	ok := ctx.ParseTraceParent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	fmt.Println(ok, ctx.TraceId(), ctx.ParentSpanId())
	// Output:
	// true 0af7651916cd43dd8448eb211c80319c b7ad6b7169203331
}
