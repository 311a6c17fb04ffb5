package otlp_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/otlp"
)

// Credentials that leave the host without TLS are told once, unless that is meant.
func TestCredentialsWithoutTLSAreTold(t *testing.T) {
	t.Parallel()
	secret := map[string]any{"authorization": "Bearer pl4nted"}
	for _, tt := range []struct {
		setting map[string]any
		told    int
	}{
		{map[string]any{"endpoint": "http://collector:4318", "headers": secret}, 1},
		{map[string]any{"endpoint": "http://collector:4317", "protocol": "grpc", "headers": secret}, 1},
		{map[string]any{"endpoint": "http://10.0.0.1:4318", "headers": map[string]any{"X-Api-Key": "pl4nted"}}, 1},
		{map[string]any{"endpoint": "http://collector:4318", "headers": secret, "insecure": true}, 0},
		{map[string]any{"endpoint": "http://collector:4318", "headers": map[string]any{"x-tenant": "a"}}, 0},
		{map[string]any{"endpoint": "https://collector:4318", "headers": secret}, 0},
		{map[string]any{"endpoint": "http://localhost:4318", "headers": secret}, 0},
		{map[string]any{"endpoint": "http://[::1]:4318", "headers": secret}, 0},
		{map[string]any{"headers": secret}, 0},
		{map[string]any{"endpoint": "http://LOCALHOST.:4318", "headers": secret}, 0},
		{map[string]any{"endpoint": "dns:///collector:4317", "protocol": "grpc", "insecure": true, "headers": secret}, 0},
		{map[string]any{"url": "http://collector:4318/v1/traces?api_key=pl4nted"}, 1},
		{map[string]any{"endpoint": "https://collector:4318", "proxy": "http://u:pl4nted@proxy:8080"}, 1},
		{map[string]any{"endpoint": "https://collector:4318", "proxy": "https://u:pl4nted@proxy:8080"}, 0},
		{map[string]any{"endpoint": "https://collector:4318", "proxy": "http://proxy:8080"}, 0},
	} {
		var log bytes.Buffer
		e, err := otlp.Driver().New(t.Context(), exporter.Settings{Setting: tt.setting, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(log.String(), "without TLS"); n != tt.told || strings.Contains(log.String(), "pl4nted") {
			t.Errorf("%v: told %d times, want %d:\n%s", tt.setting["endpoint"], n, tt.told, log.String())
		}
		if err := e.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	}
}
