package page_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/page"
)

func TestSettings(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("t", 16)
	for _, c := range []struct {
		name    string
		setting map[string]any
		key     string // "" if it is fine
		problem string
	}{
		{"nothing", nil, "", ""},
		{"a free port", map[string]any{"listen": "localhost:0"}, "", ""},
		{"IPv6", map[string]any{"listen": "[::1]:0"}, "", ""},
		{"everything", map[string]any{"listen": "0.0.0.0:0", "token": long, "max_bytes": "8MB"}, "", ""},
		{"no port", map[string]any{"listen": "127.0.0.1"}, "setting.listen", "want an address and a port"},
		{"a port that is none", map[string]any{"listen": "127.0.0.1:99999"}, "setting.listen", "want a port"},
		{"a port that is a name", map[string]any{"listen": "127.0.0.1:http"}, "setting.listen", "want a port"},
		{"another address without a token", map[string]any{"listen": "0.0.0.0:16600"}, "setting.token", `or listen on "127.0.0.1:16600"`},
		{"every address without a token", map[string]any{"listen": ":16600"}, "setting.token", "want a token"},
		{"a name without a token", map[string]any{"listen": "example.com:16600"}, "setting.token", "want a token"},
		{"a short token", map[string]any{"token": "secret"}, "setting.token", "at least 16 characters"},
		{"a token with spaces", map[string]any{"token": long + " x"}, "setting.token", "visible ASCII"},
		{"no room", map[string]any{"max_bytes": "1KB"}, "setting.max_bytes", "64KB"},
		{"no number", map[string]any{"max_bytes": "much"}, "setting.max_bytes", ""},
		{"unknown", map[string]any{"port": 1}, "setting.port", "unknown key"},
	} {
		s := exporter.Settings{Connection: "page", Driver: "page", Setting: c.setting}
		err := page.Driver().Check(s)
		if c.key == "" {
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), c.key) || !strings.Contains(err.Error(), c.problem) {
			t.Errorf("%s: %v, want %s: %s", c.name, err, c.key, c.problem)
			continue
		}
		for _, secret := range []string{"secret", long} {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("%s: the error shows the token: %v", c.name, err)
			}
		}
		if _, err := page.Driver().New(t.Context(), s); err == nil {
			t.Errorf("%s: New accepts it", c.name)
		}
	}
}

func TestOptionsAreChecked(t *testing.T) {
	t.Parallel()
	for want, opt := range map[string]page.Option{
		"listen": page.WithListen("nonsense"), "token": page.WithListen(":0"), "at least 16": page.WithToken("short"), "max_bytes": page.WithMaxBytes(1),
	} {
		e, err := page.New(t.Context(), opt)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want something about %s", err, want)
			if e != nil {
				_ = e.Shutdown(t.Context())
			}
		}
	}
}

func TestDriver(t *testing.T) {
	t.Parallel()
	d := page.Driver()
	if !d.Local {
		t.Error("it votes on the sampled flag")
	}
	claims := func(listen string) string {
		return fmt.Sprint(d.Claims(exporter.Settings{Setting: map[string]any{"listen": listen}}))
	}
	if a, b := fmt.Sprint(d.Claims(exporter.Settings{})), claims("127.0.0.1:16600"); a != b || a == "[]" {
		t.Errorf("two pages on one port claim %s and %s", a, b)
	}
	if got := claims("127.0.0.1:0"); got != "[]" {
		t.Errorf("free ports claim %s", got)
	}
	var log bytes.Buffer
	e, err := d.New(t.Context(), exporter.Settings{
		Setting: map[string]any{"listen": "127.0.0.1:0", "token": "0123456789abcdef"}, Logger: slog.New(slog.NewTextHandler(&log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	address := e.(interface{ Address() string }).Address() //nolint:errcheck // it has one
	if err := e.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if text := log.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, "level=INFO") || !strings.Contains(text, address) || strings.Contains(text, "0123456789abcdef") {
		t.Errorf("the log says %q", text)
	}
	if text := fmt.Sprintf("%v %+v", e, e.(interface{ MarshalLog() any }).MarshalLog()); strings.Contains(text, "0123456789abcdef") { //nolint:errcheck // it has one
		t.Errorf("printed it shows the token: %s", text)
	}
}

// Who comes second is told what to do.
func TestTwoPagesOnOnePort(t *testing.T) {
	t.Parallel()
	s := serve(t)
	address := strings.TrimSuffix(strings.TrimPrefix(s.Address(), "http://"), "/")
	_, err := page.New(t.Context(), page.WithListen(address))
	if err == nil || !strings.Contains(err.Error(), "something else listens there") || !strings.Contains(err.Error(), address) || strings.Contains(err.Error(), "\n") {
		t.Errorf("the second page: %v", err)
	}
	e, err := page.Driver().New(t.Context(), exporter.Settings{Setting: map[string]any{"listen": address}})
	if e != nil || err == nil {
		t.Errorf("the driver makes %v, error %v", e, err)
	}
	_, err = page.New(t.Context(), page.WithListen("192.0.2.1:0"), page.WithToken("0123456789abcdef"))
	if err == nil || !strings.Contains(err.Error(), "no such address") {
		t.Errorf("an address that isn't ours: %v", err)
	}
}
