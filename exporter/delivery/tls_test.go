package delivery_test

import (
	"crypto/tls"
	"encoding/pem"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/tracehook/tracehook/exporter/delivery"
)

func TestOldTLSIsRefused(t *testing.T) {
	t.Parallel()
	for version, want := range map[uint16]delivery.Outcome{tls.VersionTLS11: delivery.Retry, tls.VersionTLS12: delivery.Delivered} {
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		server.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: version}
		server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
		server.StartTLS()
		t.Cleanup(server.Close)
		ca := filepath.Join(t.TempDir(), "ca.pem")
		if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600); err != nil {
			t.Fatal(err)
		}
		problem := func(key, format string, args ...any) { t.Errorf(key+": "+format, args...) }
		config := delivery.TLSFiles{CA: ca}.Config(problem, problem)
		h, err := delivery.NewHTTP(delivery.HTTPOptions{URL: server.URL, RoundTripper: delivery.NewRoundTripper(config, nil)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = h.Close() })
		if v := h.Send(t.Context(), batch()); v.Outcome != want {
			t.Errorf("a server with %s at most: %v, %v; want %v", tls.VersionName(version), v.Outcome, v.Err, want)
		}
	}
}
