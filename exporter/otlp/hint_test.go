package otlp_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/otlp"
	"github.com/tracehook/tracehook/test/otlptest"
)

// port is a server that does f with each connection.
func port(t *testing.T, f func(net.Conn)) (address string) {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			f(conn)
		}
	}()
	return l.Addr().String()
}

// web is an OTLP/HTTP server with TLS.
func web(t *testing.T, config *tls.Config, h http.Handler) (address string) {
	t.Helper()
	server := httptest.NewUnstartedServer(h)
	server.TLS, server.EnableHTTP2 = config.Clone(), true
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

func answering(status int, body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, body, status) })
}

func plainWeb(t *testing.T, h http.Handler) (address string) {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

// What is wrong with an address, a port or a certificate is said, if it is certain; where it isn't,
// nothing is said. All of this is against real servers, several times, since the error of a
// connection that is cut depends on who was first.
func TestHintsAreExact(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	serverFile, _, pair := certificate(t, dir, "server")
	acceptedFile, acceptedKey, _ := certificate(t, dir, "accepted")
	foreignFile, foreignKey, _ := certificate(t, dir, "foreign")
	impostorFile, impostorKey, _ := certificateUntil(t, dir, "impostor", "accepted", time.Now().Add(time.Hour))
	expiredFile, expiredKey, _ := certificateUntil(t, dir, "expired", "expired", time.Now().Add(-time.Minute))
	authorities := x509.NewCertPool()
	for _, file := range []string{acceptedFile, expiredFile} {
		data, err := os.ReadFile(file)
		if err != nil || !authorities.AppendCertsFromPEM(data) {
			t.Fatal(err)
		}
	}
	open := &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	mutual := open.Clone()
	mutual.ClientCAs, mutual.ClientAuth = authorities, tls.RequireAndVerifyClientCert
	older := mutual.Clone()
	older.MaxVersion = tls.VersionTLS12

	receiver := otlptest.NewHTTP(t)
	https, httpsMutual, httpsOlder := web(t, open, receiver), web(t, mutual, receiver), web(t, older, receiver)
	grpc, grpcs := otlptest.NewGRPC(t, nil).Address(), otlptest.NewGRPC(t, credentials.NewTLS(open)).Address()
	grpcsMutual, grpcsOlder := otlptest.NewGRPC(t, credentials.NewTLS(mutual)).Address(), otlptest.NewGRPC(t, credentials.NewTLS(older)).Address()
	away := otlptest.NewHTTP(t)
	away.Down()
	behind := otlptest.NewGRPC(t, nil)
	behind.Behave(func(int) otlptest.Behavior {
		return otlptest.Behavior{Code: codes.Unavailable, Body: "upstream connect error: connection refused"}
	})
	cut := port(t, func(c net.Conn) { _ = c.Close() })
	nowhere := strings.Repeat("x", 64) + ".invalid" // too long a name to have an address: no server is asked
	ssh := port(t, func(c net.Conn) {
		_, _ = c.Write([]byte("SSH-2.0-OpenSSH_9.6\r\n"))
		go func() {
			defer func() { _ = c.Close() }()
			_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
			_, _ = c.Read(make([]byte, 1<<16))
		}()
	})
	const (
		plaintext = "the port speaks plaintext: write http://"
		plainRPC  = "the port speaks plaintext: set insecure = true or write http://"
		secure    = "the port wants TLS: write https://"
		isGRPC    = `the port speaks gRPC: write protocol = "grpc", or name the port of OTLP/HTTP, usually 4318`
		notGRPC   = `what answers there isn't gRPC: gRPC is usually 4317; for OTLP/HTTP, usually 4318, leave out protocol = "grpc"`
		missing   = "the server wants a client certificate: set cert and key"
		foreign   = "the client certificate is of no authority that the server accepts: check cert and key"
		untrusted = "the server doesn't accept the client certificate: check cert and key"
		expired   = "the client certificate has expired, or isn't valid yet: renew the files of cert and key"
		nobody    = "nothing listens there: start the receiver, or check host and port"
		unknown   = "the name of the host has no address: check it"
		path      = "check the path: OTLP/HTTP receivers usually listen at /v1/traces"
	)
	own := func(cert, key string) map[string]any { return map[string]any{"cert": cert, "key": key} }
	for _, tt := range []struct {
		name, address, grpc string // "" is no case
		more                map[string]any
		want, wantGRPC      string
	}{
		{"no client certificate", "https://" + httpsMutual, "https://" + grpcsMutual, nil, missing, missing},
		{"no client certificate, TLS 1.2", "https://" + httpsOlder, "https://" + grpcsOlder, nil, missing, missing},
		{"a foreign one", "https://" + httpsMutual, "https://" + grpcsMutual, own(foreignFile, foreignKey), foreign, foreign},
		{"an impostor's", "https://" + httpsMutual, "https://" + grpcsMutual, own(impostorFile, impostorKey), untrusted, untrusted},
		{"an expired one", "https://" + httpsMutual, "https://" + grpcsMutual, own(expiredFile, expiredKey), expired, expired},
		{"an expired one, TLS 1.2", "https://" + httpsOlder, "https://" + grpcsOlder, own(expiredFile, expiredKey), expired, expired},
		{"the right one", "https://" + httpsMutual, "https://" + grpcsMutual, own(acceptedFile, acceptedKey), "-", "-"},
		{"the other protocol", "http://" + grpc, "http://" + receiver.Address(), nil, isGRPC, notGRPC},
		{"the other protocol, with TLS", "https://" + grpcs, "https://" + https, nil, isGRPC, notGRPC},
		{"the other protocol, without the TLS that it has", "http://" + grpcs, "http://" + https, nil, secure, secure},
		{"the other protocol, with TLS that it hasn't", "https://" + grpc, "https://" + receiver.Address(), nil, plaintext, plainRPC},
		{"plaintext to TLS", "http://" + https, "http://" + grpcs, nil, secure, secure},
		{"TLS to plaintext", "https://" + receiver.Address(), "https://" + grpc, nil, plaintext, plainRPC},
		{"nobody listens", "http://" + away.Address(), "http://" + away.Address(), nil, nobody, nobody},
		{"no such host", "http://" + nowhere + ":4318", "http://" + nowhere + ":4317", nil, unknown, unknown},
		{"a connection that is cut", "http://" + cut, "http://" + cut, nil, "", ""},
		{"a connection that is cut, with TLS", "https://" + cut, "https://" + cut, nil, "", ""},
		{"another service", "http://" + ssh, "http://" + ssh, nil, `the port doesn't speak HTTP: OTLP/HTTP is usually 4318, gRPC 4317 with protocol = "grpc"`, ""},
		{"a gateway that can't reach what is behind it", "", "http://" + behind.Address(), nil, "", ""},
		{"a path that isn't supported", "http://" + plainWeb(t, answering(400, "unsupported path requested: /x")), "", nil, path, ""},
		{"a body that is too large", "http://" + plainWeb(t, answering(400, "http: request body too large")), "", nil, "the server, or a proxy in front of it, takes no larger bodies: raise its limit", ""},
		{"any other 400", "http://" + plainWeb(t, answering(400, "no")), "", nil, "", ""},
	} {
		check := func(t *testing.T, protocol, address, want string) {
			t.Helper()
			setting := map[string]any{"endpoint": address, "protocol": protocol, "timeout": "5s"}
			if strings.HasPrefix(address, "https") {
				maps.Copy(setting, map[string]any{"ca": serverFile, "server_name": "collector.internal"})
			}
			maps.Copy(setting, tt.more)
			for range 4 {
				e, err := otlp.Driver().New(t.Context(), exporter.Settings{Connection: "c", Setting: setting, Retry: map[string]any{"enabled": false}})
				if err != nil {
					t.Fatal(err)
				}
				err = e.ExportSpans(t.Context(), otlptest.Spans(1, 1))
				switch {
				case want == "-" && err == nil:
				case err == nil || want == "-":
					t.Errorf("got %v", err)
				case want == "" && strings.HasSuffix(err.Error(), ")"), want != "" && !strings.HasSuffix(err.Error(), "("+want+")"):
					t.Errorf("got %v, want the hint %q", err, want)
				}
				if err := e.Shutdown(context.Background()); err != nil {
					t.Error(err)
				}
			}
		}
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if tt.address != "" {
				check(t, "http", tt.address, tt.want)
			}
			if tt.grpc != "" {
				check(t, "grpc", tt.grpc, tt.wantGRPC)
			}
		})
	}
}
