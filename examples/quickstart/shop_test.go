package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
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

// The README shows the tree that the test above has drawn.
func TestTheReadmeShowsTheTree(t *testing.T) {
	t.Parallel()
	tree, err := os.ReadFile("testdata/mallory.tree")
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(readme), string(tree)) {
		t.Errorf("README.md lacks this tree:\n%s", tree)
	}
}
