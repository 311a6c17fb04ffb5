package tracehook_test

import (
	"testing"

	. "github.com/tracehook/tracehook"      //nolint:staticcheck // see below
	bamgoo "github.com/tracehook/tracehook" //nolint:staticcheck // the names that the framework's packages have at its call sites
	base "github.com/tracehook/tracehook"   //nolint:staticcheck // see above
	infra "github.com/tracehook/tracehook"  //nolint:staticcheck // see above
)

// These are call sites of the framework as its documents show them. That they compile
// with nothing changed but the import path is what is tested.

func manualSpan(ctx *Meta) {
	span := ctx.Begin("service:user.login", bamgoo.TraceAttrs("user", bamgoo.TraceKindServer, "login", Map{
		"module":    "http",
		"operation": "serve",
	}))
	defer span.End()
}

func manualSpanOfTheSecond(ctx *infra.Meta) {
	span := ctx.Begin("service:user.login", infra.TraceAttrs("user", infra.TraceKindServer, "login", base.Map{
		"module":    "http",
		"operation": "serve",
	}))
	defer span.End()
}

func traceEvents(ctx *Meta) {
	_ = ctx.Trace("user.login.validated", Map{
		"status": "ok",
		"userId": 1001,
	})
	_ = ctx.Trace("user.login.failed", base.Map{
		"status": "error",
		"error":  "invalid password",
	})
}

func TestCallSitesOfTheFrameworkCompile(t *testing.T) { // not parallel: Attach is process-wide
	t.Cleanup(func() { Attach(nil) })
	r := &recorder{}
	Attach(r)
	ctx := NewMeta()
	manualSpan(ctx)
	manualSpanOfTheSecond(ctx)
	traceEvents(ctx)
	if len(r.begun) != 2 || len(r.traced) != 2 || r.traced[1].Status != StatusError {
		t.Errorf("calls arrived as %+v and %+v", r.begun, r.traced)
	}
}
