package otelbridge_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/otelbridge"
	"github.com/tracehook/tracehook/test/otlptest"
)

// A program can read what a connection has lost and why, of dead spans too; the text says it once.
func TestDeadSpansAreToldWithTheReason(t *testing.T) {
	t.Parallel()
	r := otlptest.NewHTTP(t)
	r.Behave(func(int) otlptest.Behavior {
		return otlptest.Behavior{Status: http.StatusBadRequest, Body: "I take no such spans"}
	})
	cfg, err := config.Parse(fmt.Appendf(nil, "[trace.c]\ndriver = \"otlp\"\nsetting = { url = %q }\nspool = { dir = %q }\n", r.URL(), t.TempDir()), "toml")
	if err != nil {
		t.Fatal(err)
	}
	b, err := otelbridge.New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	_, span := b.TracerProvider().Tracer("loss").Start(t.Context(), "n")
	span.End()
	err = b.Shutdown(t.Context())
	var loss *otelbridge.LossError
	if !errors.As(err, &loss) {
		t.Fatalf("got %v, want a LossError", err)
	}
	c := loss.Connections["c"]
	if c.Dead != 1 || c.Failed+c.Expired+c.Abandoned+c.Dropped != 0 || c.DeadErr == nil || !strings.Contains(c.DeadErr.Error(), "I take no such spans") {
		t.Errorf("got %+v", c)
	}
	if n := strings.Count(err.Error(), "I take no such spans"); n != 1 {
		t.Errorf("the reason is told %d times: %v", n, err)
	}
}
