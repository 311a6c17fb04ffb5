package otlp_test

import (
	"crypto/tls"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"google.golang.org/grpc/credentials"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/otlp"
	"github.com/tracehook/tracehook/test/otlptest"
)

// replace puts a file in place as those do who rotate secrets: whole, with a new inode.
func replace(tb testing.TB, name, text string) {
	tb.Helper()
	if err := os.WriteFile(name+".new", []byte(text), 0o600); err != nil {
		tb.Fatal(err)
	}
	if err := os.Rename(name+".new", name); err != nil {
		tb.Fatal(err)
	}
}

// A token is rotated under load, and the server takes the new one only: no batch is lost, and
// none waits for the next probe.
func TestTokensRotateUnderLoad(t *testing.T) {
	t.Parallel()
	var want atomic.Pointer[string]
	set := func(s string) { want.Store(&s) }
	var taken, refused atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+*want.Load() || r.Header.Get("X-Tenant") != "acme" {
			refused.Add(1)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		taken.Add(1)
	}))
	defer server.Close()
	dir := t.TempDir()
	token, headers := filepath.Join(dir, "token"), filepath.Join(dir, "headers")
	replace(t, token, "t0\n")
	replace(t, headers, "# ours\n\nX-Tenant: acme\n")
	set("t0")
	e, err := otlp.Driver().New(t.Context(), exporter.Settings{Setting: map[string]any{
		"endpoint": server.URL, "token_file": token, "headers_file": headers,
	}})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 200 {
		if i%20 == 19 {
			next := "t" + strconv.Itoa(i)
			replace(t, token, next)
			set(next)
		}
		if err := e.ExportSpans(t.Context(), otlptest.Spans(uint64(i+1), 1)); err != nil {
			t.Fatal(err)
		}
	}
	if taken.Load() != 200 || refused.Load() > 10 {
		t.Errorf("%d of 200 batches arrived, and %d requests had one of 10 old tokens", taken.Load(), refused.Load())
	}
	if err := e.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}

// A file with a secret that can't be used is told at load, without what is in it.
func TestSecretFilesThatCantBeUsed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) string {
		replace(t, filepath.Join(dir, name), text)
		return filepath.Join(dir, name)
	}
	for key, files := range map[string]map[string]string{
		"token_file": {
			filepath.Join(dir, "missing"): "no such file", dir: "not a regular file", write("empty", " \n"): "is empty",
			write("lines", "pl4nted\nother\n"): "line break", write("bytes", "pl4nted\x00"): "character",
		},
		"headers_file": {
			filepath.Join(dir, "missing"): "no such file", dir: "not a regular file", write("none", "# nothing\n"): "has no header",
			write("broken", "a: b\npl4nted\n"): "line 2 is not of the form",
		},
	} {
		for file, want := range files {
			err := otlp.Driver().Check(exporter.Settings{Setting: map[string]any{"endpoint": "http://h:1", key: file}})
			if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), key) || strings.Contains(err.Error(), "pl4nted") {
				t.Errorf("%s = %q: %v, want %q", key, file, err, want)
			}
		}
	}
}

// Certificates of both sides are rotated under load, and connections cut: no span is lost.
func TestCertificatesRotateUnderLoad(t *testing.T) {
	t.Parallel()
	for _, protocol := range []string{"grpc", "http"} {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			ca, cert, key := filepath.Join(dir, "ca"), filepath.Join(dir, "cert"), filepath.Join(dir, "key")
			var current atomic.Pointer[tls.Config]
			rotate := func(n int) {
				serverFile, _, pair := certificate(t, dir, "server"+strconv.Itoa(n))
				clientFile, clientKey, _ := certificate(t, dir, "client"+strconv.Itoa(n))
				for from, to := range map[string]string{serverFile: ca, clientFile: cert, clientKey: key} {
					data, err := os.ReadFile(from)
					if err != nil {
						t.Fatal(err)
					}
					replace(t, to, string(data))
				}
				config := serverTLS(t, pair, clientFile)
				config.NextProtos = []string{"h2", "http/1.1"}
				current.Store(config)
			}
			rotate(0)
			config := &tls.Config{
				MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"},
				GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) { return current.Load(), nil },
			}
			settings := map[string]any{"protocol": protocol, "ca": ca, "cert": cert, "key": key, "server_name": "collector.internal"}
			var receiver *otlptest.Receiver
			var cut func()
			if protocol == "grpc" {
				receiver = otlptest.NewGRPC(t, credentials.NewTLS(config))
				settings["endpoint"] = "https://" + receiver.Address()
				cut = func() { receiver.Down(); receiver.Up() }
			} else {
				receiver = otlptest.NewHTTP(t)
				web := httptest.NewUnstartedServer(http.HandlerFunc(receiver.ServeHTTP))
				web.TLS = config
				web.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
				web.StartTLS()
				t.Cleanup(web.Close)
				settings["endpoint"] = web.URL
				cut = web.CloseClientConnections
			}
			e, err := otlp.Driver().New(t.Context(), exporter.Settings{Setting: settings})
			if err != nil {
				t.Fatal(err)
			}
			const batches = 30
			for i := range batches {
				if i%10 == 9 {
					rotate(i)
					cut()
				}
				if err := e.ExportSpans(t.Context(), otlptest.Spans(uint64(i+1), 1)); err != nil {
					t.Fatal(err)
				}
			}
			if n := len(receiver.Spans()); n != batches {
				t.Errorf("%d of %d spans arrived", n, batches)
			}
			if err := e.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}
