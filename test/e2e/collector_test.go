package e2e_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"text/template"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// build makes the Collector, or finds the one that was made of the same sources before.
var build = sync.OnceValues(func() (string, error) {
	hash := sha256.New()
	for _, name := range []string{"main.go", "go.mod", "go.sum"} {
		data, err := os.ReadFile(filepath.Join("collector", name))
		if err != nil {
			return "", err
		}
		hash.Write(data)
	}
	binary, err := filepath.Abs(filepath.Join("..", "..", ".tools", "collector-"+hex.EncodeToString(hash.Sum(nil)[:8])))
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(binary); err == nil {
		return binary, nil
	}
	cmd := exec.Command("go", "build", "-o", binary, ".")
	cmd.Dir = "collector"
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", errors.New("go build of the Collector: " + string(out))
	}
	return binary, nil
})

// collector is a running Collector with five pipelines, each with a file: otlp over HTTP
// and over gRPC (both with TLS and a bearer token), plaintext HTTP, one behind the tail sampler, and
// one behind the probabilistic sampler as its documentation begins with it. Two more pipelines
// follow the files in Tailed, as traces and as logs.
type collector struct {
	HTTP, GRPC, Plain, Tail, Quarter string // HOST:PORT
	CA                               string // certificate that the first two show
	Cert, Key                        string
	Dir                              string
	Token                            string
	log                              *bytes.Buffer
}

var configuration = template.Must(template.New("").Parse(`
extensions:
  bearertokenauth: { token: "{{.Token}}" }
receivers:
  otlp/http:
    protocols:
      http:
        endpoint: {{.HTTP}}
        tls: { cert_file: {{.Cert}}, key_file: {{.Key}} }
        auth: { authenticator: bearertokenauth }
  otlp/grpc:
    protocols:
      grpc:
        endpoint: {{.GRPC}}
        tls: { cert_file: {{.Cert}}, key_file: {{.Key}} }
        auth: { authenticator: bearertokenauth }
  otlp/plain: { protocols: { http: { endpoint: {{.Plain}} } } }
  otlp/tail: { protocols: { http: { endpoint: {{.Tail}} } } }
  otlp/quarter: { protocols: { http: { endpoint: {{.Quarter}} } } }
  otlpjsonfile: { include: [ "{{.Dir}}/tailed/*" ], exclude: [ "{{.Dir}}/tailed/*.lock" ], start_at: beginning }
  filelog: { include: [ "{{.Dir}}/tailed/*" ], exclude: [ "{{.Dir}}/tailed/*.lock" ], start_at: beginning }
processors:
  probabilistic_sampler: { sampling_percentage: 25 }
  tail_sampling:
    decision_wait: 500ms
    policies: [ { name: errors, type: status_code, status_code: { status_codes: [ ERROR ] } } ]
exporters:
{{- range $name := .Pipelines }}
  file/{{$name}}: { path: {{$.Dir}}/{{$name}}.jsonl, flush_interval: 50ms }
{{- end }}
  file/otlpjsonfile: { path: {{.Dir}}/otlpjsonfile.jsonl, flush_interval: 50ms }
  file/filelog: { path: {{.Dir}}/filelog.jsonl, flush_interval: 50ms }
service:
  telemetry: { metrics: { level: none }, logs: { level: warn } }
  extensions: [ bearertokenauth ]
  pipelines:
{{- range $name := .Pipelines }}
    traces/{{$name}}:
      receivers: [ otlp/{{$name}} ]
{{- if eq $name "tail" }}
      processors: [ tail_sampling ]
{{- else if eq $name "quarter" }}
      processors: [ probabilistic_sampler ]
{{- end }}
      exporters: [ file/{{$name}} ]
{{- end }}
    traces/tailed: { receivers: [ otlpjsonfile ], exporters: [ file/otlpjsonfile ] }
    logs/tailed: { receivers: [ filelog ], exporters: [ file/filelog ] }
`))

// Tailed is the directory whose files the Collector follows.
func (c *collector) Tailed() string { return filepath.Join(c.Dir, "tailed") }

// Pipelines are the names of the receivers, and of the files.
func (*collector) Pipelines() []string { return []string{"http", "grpc", "plain", "tail", "quarter"} }

// start runs a Collector until the test ends.
func start(t *testing.T) *collector {
	t.Helper()
	binary, err := build()
	if err != nil {
		t.Fatal(err)
	}
	c := &collector{Dir: t.TempDir(), Token: "s3cr3t-t0ken", log: &bytes.Buffer{}}
	c.HTTP, c.GRPC, c.Plain, c.Tail, c.Quarter = address(t), address(t), address(t), address(t), address(t)
	c.certificate(t)
	c.CA = c.Cert
	var text bytes.Buffer
	if err := configuration.Execute(&text, c); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(c.Dir, "config.yaml")
	if err := os.WriteFile(file, text.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(c.Tailed(), 0o700); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	cmd := exec.CommandContext(ctx, binary, "--config=file:"+file)
	cmd.Stdout, cmd.Stderr = c.log, c.log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait() // it was killed
		if t.Failed() {
			t.Logf("the Collector said:\n%s", c.log)
		}
	})
	for _, a := range []string{c.HTTP, c.GRPC, c.Plain, c.Tail, c.Quarter} {
		eventually(t, "the Collector listens at "+a, func() bool {
			conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", a)
			if err != nil {
				return false
			}
			return conn.Close() == nil
		})
	}
	return c
}

func address(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// certificate makes one for the Collector.
func (c *collector) certificate(t *testing.T) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	unsigned := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "collector"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, unsigned, unsigned, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	c.Cert, c.Key = filepath.Join(c.Dir, "cert.pem"), filepath.Join(c.Dir, "key.pem")
	for file, block := range map[string]*pem.Block{c.Cert: {Type: "CERTIFICATE", Bytes: der}, c.Key: {Type: "PRIVATE KEY", Bytes: keyDER}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// received is one span in a file, with what it stands in.
type received struct {
	resource  pcommon.Map
	schema    string
	scope     pcommon.InstrumentationScope
	scopeURL  string
	span      ptrace.Span
	duplicate bool
}

// read returns the spans of OTLP JSON lines by span id. A line that is not complete yet is
// left out.
func read(t *testing.T, file string) map[string]received {
	t.Helper()
	spans := map[string]received{}
	data, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		if !strings.HasSuffix(line, "\n") {
			break
		}
		traces, err := (&ptrace.JSONUnmarshaler{}).UnmarshalTraces([]byte(line))
		if err != nil {
			t.Fatalf("%s: %v in %.200q", file, err, line)
		}
		for _, rs := range traces.ResourceSpans().All() {
			for _, ss := range rs.ScopeSpans().All() {
				for _, s := range ss.Spans().All() {
					id := s.SpanID().String()
					_, twice := spans[id]
					spans[id] = received{rs.Resource().Attributes(), rs.SchemaUrl(), ss.Scope(), ss.SchemaUrl(), s, twice}
				}
			}
		}
	}
	return spans
}

// file returns where a pipeline writes.
func (c *collector) file(pipeline string) string { return filepath.Join(c.Dir, pipeline+".jsonl") }

// wait returns the spans of a pipeline as soon as there are n.
func (c *collector) wait(t *testing.T, pipeline string, n int) map[string]received {
	t.Helper()
	var spans map[string]received
	eventually(t, pipeline+" has its spans", func() bool {
		spans = read(t, c.file(pipeline))
		return len(spans) >= n
	})
	return spans
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}
