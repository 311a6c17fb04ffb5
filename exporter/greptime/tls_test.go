package greptime_test

import (
	"encoding/pem"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/greptime"
	"github.com/tracehook/tracehook/test/otlptest"
)

// TestTLSFiles trusts a server by its own certificate, and nobody else.
func TestTLSFiles(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	server.StartTLS()
	t.Cleanup(server.Close)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name    string
		setting map[string]any
		want    string // "" is a delivery
	}{
		{"all is well", map[string]any{"ca": ca}, ""},
		{"the name of a proxy", map[string]any{"ca": ca, "server_name": "example.com"}, ""},
		{"another name", map[string]any{"ca": ca, "server_name": "db.internal"}, "(the server's certificate is for another name: check the host, or set server_name)"},
		{"nobody vouches for it", nil, "has signed the server's certificate: set ca)"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			setting := map[string]any{"url": server.URL}
			maps.Copy(setting, tt.setting)
			e := open(t, exporter.Settings{Setting: setting, Retry: map[string]any{"enabled": false}})
			_, err := resultOf(t, e, otlptest.Spans(1, 2))
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestTLSFilesThatCantWork(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		setting map[string]any
		want    string
	}{
		{map[string]any{"url": "https://h", "ca": "/none.pem"}, "setting.ca: stat /none.pem"},
		{map[string]any{"url": "grpcs://h", "cert": "c.pem"}, "setting.cert: a client certificate needs its key"},
		{map[string]any{"host": "h", "tls": true, "key": "k.pem"}, "setting.key: a key needs its certificate"},
		{map[string]any{"url": "http://h", "ca": "/none.pem"}, "setting.ca: the endpoint is not secured: write https:// or grpcs://, or set tls = true"},
		{map[string]any{"host": "h", "server_name": "x"}, "setting.server_name: the endpoint is not secured"},
	} {
		_, err := greptime.FromSettings(exporter.Settings{Setting: tt.setting})
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%v: got %v, want %q", tt.setting, err, tt.want)
		}
	}
}
