package otelbridge_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// sink is a server that takes everything, and remembers what came.
type sink struct {
	mu   sync.Mutex
	came bytes.Buffer
}

func (s *sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err == nil && r.Header.Get("Content-Encoding") == "gzip" {
		if z, err := gzip.NewReader(bytes.NewReader(body)); err == nil {
			body, _ = io.ReadAll(z)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.came.Write(body)
	w.Header().Set("Content-Type", r.Header.Get("Content-Type"))
	if strings.Contains(r.Header.Get("Content-Type"), "json") {
		_, _ = w.Write([]byte("{}"))
	}
}

func (s *sink) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.came.String()
}

// everyDriver returns a configuration with each driver in each of its forms, and what reads what
// they wrote, by the name of the connection, once the Bridge is shut down.
func everyDriver(t *testing.T) (toml string, written map[string]func() string) {
	t.Helper()
	dir := t.TempDir()
	written = make(map[string]func() string)
	var b strings.Builder
	add := func(name, keys string, read func() string) {
		fmt.Fprintf(&b, "[trace.%s]\n%s\n", name, keys)
		written[name] = read
	}
	inFile := func(name, keys string) {
		path := filepath.Join(dir, name)
		add(name, fmt.Sprintf("setting.path = %q\n%s", path, keys), func() string {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Error(err)
			}
			return string(data)
		})
	}
	inFile("text", `driver = "file"`+"\nformat = \"%name% %status_message% %attributes% %events% %links% %resource% %service_name% %target% %kind%\"")
	inFile("json", `driver = "file"`+"\njson = true\nexplain = true")
	inFile("selected", `driver = "file"`+"\nfields = { name = \"n\", attributes = \"a\", service_name = \"s\", status_message = \"m\", events = \"e\" }")
	inFile("otlpfile", `driver = "file"`+"\nsetting.encoding = \"otlp\"")
	inFile("yamlfile", `driver = "file"`+"\nsetting.encoding = \"yaml\"")
	inFile("recorder", `driver = "yaml"`)
	over := func(name, keys string) {
		server := &sink{}
		s := httptest.NewServer(server)
		t.Cleanup(s.Close)
		add(name, fmt.Sprintf(keys, s.URL), server.String)
	}
	over("otlp", "driver = \"otlp\"\nsetting.endpoint = %q")
	over("otlpjson", "driver = \"otlp\"\nsetting.endpoint = %q\nsetting.protocol = \"http/json\"")
	over("mapped", "driver = \"otlp\"\nsetting.endpoint = %q\nfields = { name = \"n\", status_message = \"m\", service_name = \"s\", target = \"t\" }")
	over("split", "driver = \"otlp\"\nsetting.endpoint = %q\nsplit_services = true")
	official := &sink{}
	server := httptest.NewServer(official)
	t.Cleanup(server.Close)
	t.Setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", server.URL+"/v1/traces") // it reads its environment itself
	add("official", `driver = "otlptracehttp"`, official.String)
	over("greptime", "driver = \"greptime\"\nsetting.url = %q")
	spooled := func(name, keys string) {
		path := filepath.Join(dir, "spool-"+name)
		add(name, fmt.Sprintf("%s\nspool = { dir = %q, mode = \"always\" }", keys, path), func() string {
			var all strings.Builder
			err := filepath.WalkDir(path, func(file string, d os.DirEntry, err error) error {
				if err != nil || d.IsDir() {
					return err
				}
				data, err := os.ReadFile(file)
				if z, zerr := gzip.NewReader(bytes.NewReader(data)); zerr == nil {
					data, _ = io.ReadAll(z)
				}
				all.Write(data)
				return err
			})
			if err != nil {
				t.Error(err)
			}
			return all.String()
		})
	}
	spooled("kept", "driver = \"otlp\"\nsetting.endpoint = \"http://127.0.0.1:1\"")
	spooled("keptjson", "driver = \"otlp\"\nsetting.endpoint = \"http://127.0.0.1:1\"\nsetting.protocol = \"http/json\"")
	spooled("keptgrpc", "driver = \"otlp\"\nsetting.endpoint = \"http://127.0.0.1:1\"\nsetting.protocol = \"grpc\"")
	spooled("keptrows", "driver = \"greptime\"\nsetting.url = \"grpc://127.0.0.1:1\"")
	spooled("keptgreptime", "driver = \"greptime\"\nsetting.url = \"http://127.0.0.1:1\"")
	return b.String(), written
}
