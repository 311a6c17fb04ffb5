package entry_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/otelbridge"
	"github.com/tracehook/tracehook/otelbridge/entry"
)

func Example() {
	ctx := context.Background()
	cfg, err := config.Parse([]byte("[trace]\ndriver = 'console'\nformat = '%name% [%status%]'"), "toml")
	if err != nil {
		fmt.Println(err)
		return
	}
	bridge, err := otelbridge.New(ctx, cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /users/{id}", func(http.ResponseWriter, *http.Request) {})
	middleware := entry.Middleware{Tracer: entry.Tracer{Hook: bridge.Hook(), Propagator: bridge.Propagator()}}
	middleware.Handler(mux).ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, http.MethodGet, "/users/42", http.NoBody))
	if err := bridge.Shutdown(ctx); err != nil {
		fmt.Println(err)
	}
	// Output: http:/users/{id} [ok]
}
