package main

import (
	"errors"
	"net/http"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook"
)

// pathOf makes every third request a VIP's and the eighth of each dozen fail.
func pathOf(i int) string {
	switch {
	case i%12 == 7:
		return "/login?user=mallory"
	case i%3 == 0:
		return "/login?user=ada&vip=true"
	default:
		return "/login?user=bob"
	}
}

func newShop() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /login", login)
	return mux
}

// login is a handler as a framework's user writes it. The server's span is
// the parent of Begin's, which is the parent of otel.Tracer's.
func login(w http.ResponseWriter, r *http.Request) {
	ctx := tracehook.NewMeta().WithContext(r.Context())
	user := r.URL.Query().Get("user")
	span := ctx.Begin("service:user.login", tracehook.TraceAttrs("user", tracehook.TraceKindServer, "login", tracehook.Map{
		"module":    "http",
		"operation": "serve",
		"vip":       r.URL.Query().Get("vip") == "true",
	}))
	if err := checkPassword(ctx, user); err != nil {
		_ = ctx.Trace("user.login.failed", tracehook.Map{"status": "error", "error": err.Error()})
		span.End(err)
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	_ = ctx.Trace("user.login.validated", tracehook.Map{"status": "ok", "userId": len(user)})
	span.End()
	w.WriteHeader(http.StatusNoContent)
}

var errPassword = errors.New("invalid password")

// checkPassword uses OTel's own API below the framework's span.
func checkPassword(ctx *tracehook.Meta, user string) error {
	_, span := otel.Tracer("shop").Start(ctx.Context(), "db.query.users",
		trace.WithSpanKind(trace.SpanKindClient),
		trace.WithAttributes(attribute.String("db.system.name", "postgresql")))
	defer span.End()
	time.Sleep(time.Duration(len(user)) * time.Millisecond)
	if user == "mallory" {
		return errPassword
	}
	return nil
}
