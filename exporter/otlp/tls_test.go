package otlp_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/credentials"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/otlp"
	"github.com/tracehook/tracehook/test/otlptest"
)

// certificate writes a self-signed certificate for 127.0.0.1 and its key.
func certificate(tb testing.TB, dir, name string) (certFile, keyFile string, pair tls.Certificate) {
	tb.Helper()
	return certificateUntil(tb, dir, name, name, time.Now().Add(time.Hour))
}

// certificateUntil is certificate with a subject, and an end of its validity.
func certificateUntil(tb testing.TB, dir, name, subject string, end time.Time) (certFile, keyFile string, pair tls.Certificate) {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: subject},
		NotBefore: end.Add(-2 * time.Hour), NotAfter: end,
		DNSNames: []string{"collector.internal"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		tb.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		tb.Fatal(err)
	}
	certFile, keyFile = filepath.Join(dir, name+".pem"), filepath.Join(dir, name+"-key.pem")
	for file, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "PRIVATE KEY", Bytes: keyDER}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			tb.Fatal(err)
		}
	}
	pair, err = tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		tb.Fatal(err)
	}
	return certFile, keyFile, pair
}

// serverTLS wants the client to show the certificate in clientFile.
func serverTLS(tb testing.TB, pair tls.Certificate, clientFile string) *tls.Config {
	tb.Helper()
	clients := x509.NewCertPool()
	data, err := os.ReadFile(clientFile)
	if err != nil || !clients.AppendCertsFromPEM(data) {
		tb.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}, ClientCAs: clients, ClientAuth: tls.RequireAndVerifyClientCert, MinVersion: tls.VersionTLS12}
}

func TestMutualTLS(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	serverFile, _, serverPair := certificate(t, dir, "server")
	clientFile, clientKey, _ := certificate(t, dir, "client")
	config := serverTLS(t, serverPair, clientFile)

	rpc := otlptest.NewGRPC(t, credentials.NewTLS(config))
	plain := otlptest.NewHTTP(t)
	web := httptest.NewUnstartedServer(http.HandlerFunc(plain.ServeHTTP))
	web.TLS = config
	web.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	web.StartTLS()
	t.Cleanup(web.Close)

	for name, tt := range map[string]struct {
		setting  map[string]any
		receiver *otlptest.Receiver
	}{
		"http": {map[string]any{"endpoint": web.URL}, plain},
		"grpc": {map[string]any{"endpoint": "https://" + rpc.Address(), "protocol": "grpc"}, rpc},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			export := func(more map[string]any) error {
				setting := map[string]any{"timeout": "5s"}
				for _, m := range []map[string]any{tt.setting, more} {
					maps.Copy(setting, m)
				}
				e, err := otlp.Driver().New(t.Context(), exporter.Settings{Connection: "c", Setting: setting, Retry: map[string]any{"enabled": false}})
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = e.Shutdown(t.Context()) }()
				return e.ExportSpans(t.Context(), otlptest.Spans(1, 3))
			}
			good := map[string]any{"ca": serverFile, "cert": clientFile, "key": clientKey, "server_name": "collector.internal"}
			if err := export(good); err != nil {
				t.Errorf("all is well: %v", err)
			}
			if len(tt.receiver.Spans()) != 3 {
				t.Errorf("%d spans arrived, want 3", len(tt.receiver.Spans()))
			}
			for hint, change := range map[string]map[string]any{
				"(the server's certificate is for another name: check the host, or set server_name)": {
					"ca": serverFile, "cert": clientFile, "key": clientKey, "server_name": "other",
				},
				"(nobody in ca, or among the authorities of this system, has signed the server's certificate: set ca)": {
					"cert": clientFile, "key": clientKey, "server_name": "collector.internal",
				},
			} {
				if err := export(change); err == nil || !strings.HasSuffix(err.Error(), hint) {
					t.Errorf("got %v, want the hint %s", err, hint)
				}
			}
		})
	}
}
