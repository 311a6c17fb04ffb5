package main

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/tracehook/tracehook/tracehooktest"
)

// The shop traces with the global provider, so the test installs its Bridge. It is the only one in
// this process that does: the others run the program.
func TestTheTraceOfALogin(t *testing.T) {
	b := tracehooktest.New(t, tracehooktest.WithoutOpenSpans())
	b.Install()
	for _, user := range []string{"ada", "mallory"} {
		b.Reset()
		req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/login?user="+user, http.NoBody)
		traced(newShop()).ServeHTTP(httptest.NewRecorder(), req)
		b.AssertTree("testdata/" + user + ".tree")
	}
}
