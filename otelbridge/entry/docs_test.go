package entry_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/tracehook/tracehook"
	"github.com/tracehook/tracehook/otelbridge/entry"
)

// documented is the program of docs/propagation.md.
func documented(mux *http.ServeMux) http.Handler {
	mux.HandleFunc("GET /users/{id}", func(w http.ResponseWriter, r *http.Request) {
		meta := entry.MetaFrom(r.Context())
		span := meta.Begin("service:user.find", nil) // below the request's span
		defer span.End()
	})
	handler := new(entry.Middleware).Handler(mux)
	return handler
}

func TestTheDocumentsProgram(t *testing.T) { // not parallel: it attaches a hook
	document, err := os.ReadFile("../../docs/propagation.md")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("docs_test.go")
	if err != nil {
		t.Fatal(err)
	}
	_, program, _ := strings.Cut(string(document), "```go\n")
	program, _, _ = strings.Cut(program, "\n```")
	if indented := "\t" + strings.ReplaceAll(program, "\n", "\n\t"); !strings.Contains(string(source), indented) {
		t.Errorf("this isn't here:\n%s", indented)
	}
	tracer, spans := traced()
	tracehook.Attach(tracer.Hook)
	t.Cleanup(func() { tracehook.Attach(nil) })
	documented(http.NewServeMux()).ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/users/7", http.NoBody))
	all := spans.Ended()
	if len(all) != 2 || all[0].Name() != "service:user.find" || all[1].Name() != "http:/users/{id}" || all[0].Parent().SpanID() != all[1].SpanContext().SpanID() {
		t.Errorf("spans %v", all)
	}
}
