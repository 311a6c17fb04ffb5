package e2e_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"text/template"

	"go.opentelemetry.io/otel/attribute"
)

var nginxConfiguration = template.Must(template.New("").Parse(`
{{if .Root}}user root;{{end}}
daemon off;
worker_processes 1;
pid {{.Dir}}/nginx.pid;
error_log stderr;
events {}
http {
  access_log off;
  client_body_temp_path {{.Dir}}/body;
  proxy_temp_path {{.Dir}}/proxy;
  fastcgi_temp_path {{.Dir}}/fastcgi;
  uwsgi_temp_path {{.Dir}}/uwsgi;
  scgi_temp_path {{.Dir}}/scgi;
  server { listen {{.Web}}; location / { proxy_pass http://{{.Collector.Plain}}; } }
  server { listen {{.RPC}} http2; location / { grpc_pass grpcs://{{.Collector.GRPC}}; } }
}
`))

// startNginx runs an nginx with its default bound for bodies, 1 MB, before a Collector until the test
// ends.
func startNginx(t *testing.T, c *collector) (web, rpc string) {
	t.Helper()
	binary, err := exec.LookPath("nginx")
	if err != nil {
		t.Skip("SKIPPED: there is no nginx on this machine, so that nothing was tried behind one")
	}
	web, rpc = address(t), address(t)
	dir := t.TempDir()
	var text bytes.Buffer
	if err := nginxConfiguration.Execute(&text, struct {
		Dir, Web, RPC string
		Collector     *collector
		Root          bool // its worker would be nobody, who may not write here
	}{dir, web, rpc, c, os.Geteuid() == 0}); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(file, text.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	var log bytes.Buffer
	cmd := exec.CommandContext(ctx, binary, "-p", dir, "-c", file, "-e", "stderr")
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // so that its worker ends, too
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait() // it was interrupted
		if t.Failed() {
			t.Logf("nginx said:\n%.4000s", log.String())
		}
	})
	for _, a := range []string{web, rpc} {
		eventually(t, "nginx listens at "+a, func() bool {
			conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", a)
			if err != nil {
				return false
			}
			return conn.Close() == nil
		})
	}
	return web, rpc
}

// Behind an nginx with its defaults, every span that fits alone arrives, by HTTP and gRPC, with a
// spool and without. The one that doesn't is named.
func TestNginxTakesOneMegabyte(t *testing.T) {
	t.Parallel()
	for _, spooled := range []bool{false, true} {
		c := start(t)
		web, rpc := startNginx(t, c)
		spool, dir := "", filepath.Join(t.TempDir(), "spool")
		if spooled {
			spool = "spool = { dir = '" + dir + "' }"
		}
		b, _ := open(t, fmt.Sprintf(`
[trace.web]
driver = "otlp"
setting = { endpoint = "http://%s" }
%s
[trace.rpc]
driver = "otlp"
setting = { endpoint = "http://%s", protocol = "grpc", headers = { authorization = "Bearer %s" } }
%s
`, web, spool, rpc, c.Token, spool))
		tracer := b.TracerProvider().Tracer("e2e")
		const spans = 1500
		for i := range spans {
			size := 6 << 10
			name := "small"
			if i == spans/2 {
				size, name = 2<<20, "the large one"
			}
			_, span := tracer.Start(t.Context(), name)
			span.SetAttributes(attribute.String("text", strings.Repeat("x", size)))
			span.End()
		}
		err := b.ForceFlush(t.Context())
		for pipeline, connection := range map[string]string{"plain": "web", "grpc": "rpc"} {
			got := c.wait(t, pipeline, spans-1)
			twice := 0
			for _, r := range got {
				if r.duplicate {
					twice++
				}
				if r.span.Name() != "small" {
					t.Errorf("spool %t, %s: span %q arrived", spooled, connection, r.span.Name())
				}
			}
			s := b.Stats().Connections[connection]
			if len(got) != spans-1 || twice > 0 || s.Failed+s.Dead != 1 {
				t.Errorf("spool %t, %s: %d of %d spans arrived, %d twice; failed %d, dead %d", spooled, connection, len(got), spans-1, twice, s.Failed, s.Dead)
			}
			said := fmt.Sprint(err)
			if spooled {
				said = deadReasons(t, filepath.Join(dir, connection))
			}
			if err == nil || !strings.Contains(said, `span "the large one" is too large for the destination, in a request of 209`) {
				t.Errorf("spool %t: the flush said %v; %s", spooled, err, said)
			}
		}
	}
}

// deadReasons returns what stands beside the requests in the dead/ of a spool.
func deadReasons(t *testing.T, dir string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "dead", "*.reason"))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	return all.String()
}
