package main

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// secret is planted. It is long enough to be one, and no word.
const secret = "pl4ntedS3cretV4lue"

// forms are how a secret may come out.
func forms() []string {
	return []string{
		strings.ToLower(secret), hex.EncodeToString([]byte(secret)), strings.Trim(fmt.Sprintf("%d", []byte(secret)), "[]"),
		base64.StdEncoding.EncodeToString([]byte("user:" + secret)), base64.StdEncoding.EncodeToString([]byte(secret)),
	}
}

// leaks returns the lines in which the secret is.
func leaks(text string) []string {
	var found []string
	for line := range strings.Lines(text) {
		lower := strings.ToLower(line)
		if slices.ContainsFunc(forms(), func(f string) bool { return strings.Contains(lower, strings.ToLower(f)) }) {
			found = append(found, strings.TrimSpace(line))
		}
	}
	return found
}

// echo is a destination that says all that it was told.
func echo(t *testing.T) (address string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = fmt.Fprintf(w, "%s %s %v %v", r.Method, r.RequestURI, r.Header, r.Host)
		_, _ = io.Copy(io.Discard, r.Body)
	}))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

// program builds the program in testdata/secrets.
func secretsProgram(t *testing.T) (run func(environ []string, args ...string) string) {
	t.Helper()
	dir := t.TempDir()
	binary := filepath.Join(dir, "secrets")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "./testdata/secrets").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return func(environ []string, args ...string) string {
		cmd := exec.CommandContext(t.Context(), binary, args...)
		cmd.Dir = t.TempDir()
		cmd.Env = append(slices.Clip(environ), "PATH="+os.Getenv("PATH"), "HOME="+cmd.Dir)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("%v %v: %v\n%s", environ, args, err, out)
		}
		return string(out)
	}
}

// Nothing of a secret that was planted in a variable of OpenTelemetry's exporters, wherever and in
// whatever form, is in any output of a program.
func TestNoVariableIsPrinted(t *testing.T) {
	t.Parallel()
	run := secretsProgram(t)
	at := echo(t)
	ca := write(t, "ca.pem", "-----BEGIN CERTIFICATE-----\n"+secret+"\n-----END CERTIFICATE-----\n")
	values := map[string][]string{
		"HEADERS": {
			"authorization=Bearer " + secret, "authorization=Bearer%20" + secret, "Bearer " + secret, "a=%zz" + secret, secret, "=" + secret,
			secret + "=", "bad name=" + secret, "a=" + secret + "\x01", "authorization:" + secret, "x-key=\"" + secret + "\"", "a=b," + secret + ";c=d",
		},
		"ENDPOINT": {
			"http://" + at + "/" + secret, "http://" + at + "/?key=" + secret, "http://user:" + secret + "@" + at, "http://user:" + secret + "@host:badport",
			secret, "http://[" + secret, "://" + secret, "http://" + at + "/%zz" + secret, "user:" + secret + "@" + at, secret + "://" + at,
			"http://" + at + "#" + secret, "http://" + at + ":" + secret,
		},
		"TIMEOUT":            {secret, "10" + secret},
		"COMPRESSION":        {secret, "gzip " + secret},
		"PROTOCOL":           {secret, "grpc " + secret},
		"INSECURE":           {secret},
		"CERTIFICATE":        {secret, ca},
		"CLIENT_CERTIFICATE": {secret, ca},
		"CLIENT_KEY":         {secret, ca},
	}
	one := func(driver string) string {
		return write(t, "one.toml", "[otel]\nshutdown_timeout = \"200ms\"\n[trace]\ndriver = \""+driver+"\"\nretry = { enabled = false }\nexport_timeout = \"1s\"\n")
	}
	plain := strings.Replace(one("otlptracehttp"), "one.toml", "plain.toml", 1)
	if err := os.WriteFile(plain, []byte("[otel]\nshutdown_timeout = \"200ms\"\n[trace]\ndriver = \"otlptracehttp\"\nexport_timeout = \"1s\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	two := write(t, "two.toml", fmt.Sprintf("[trace.a]\ndriver = \"otlp\"\nretry = { enabled = false }\nsetting = { endpoint = \"http://%s\" }\n[trace.b]\ndriver = \"otlp\"\nretry = { enabled = false }\nsetting = { endpoint = \"https://%s\", timeout = \"1s\" }\n", at, at))
	files := []string{"-", one("otlp"), plain, two}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		for _, prefix := range []string{"OTEL_EXPORTER_OTLP_", "OTEL_EXPORTER_OTLP_TRACES_"} {
			t.Run(prefix+name, func(t *testing.T) {
				t.Parallel()
				for _, value := range values[name] {
					environ := []string{"OTEL_TRACES_EXPORTER=otlp", prefix + name + "=" + value}
					if name != "ENDPOINT" {
						environ = append(environ, "OTEL_EXPORTER_OTLP_ENDPOINT=http://"+at)
					}
					if name == "CERTIFICATE" || strings.HasPrefix(name, "CLIENT") {
						environ = append(environ, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=https://"+at)
					}
					out := run(environ, files...)
					for _, line := range leaks(strings.ReplaceAll(out, ca, "")) {
						t.Errorf("%s%s=%q: %.400s", prefix, name, value, line)
					}
				}
			})
		}
	}
}

// values are what a user may write into a key by mistake or on purpose.
func keyValues(key, at string) []any {
	url := "http://user:" + secret + "@" + at + "/" + secret + "?key=" + secret
	values := []any{url, "Bearer " + secret, []any{url}, map[string]any{"authorization": secret}, []any{map[string]any{"name": url}}}
	switch key {
	case "headers":
		return append(values, map[string]any{"authorization": "Bearer " + secret}, map[string]any{"x-key": secret + "\n"},
			map[string]any{"bad name": secret}, map[string]any{"x-key": []any{secret}}, secret, []any{"x-key=" + secret}, map[string]any{"host": secret})
	case "password", "pass", "token", "hash_key", "proxy":
		return append(values, secret, secret+"\n", []any{secret}, map[string]any{"is": secret})
	case "endpoint", "url", "server", "dsn":
		return append(values, "http://"+at+"?key="+secret, "user:"+secret+"@"+at, "http://user:"+secret+"@"+at+":badport", "https://user:"+secret+"@%zz")
	}
	return values
}

// Nothing of a secret that was planted in a key of the configuration, in a form that is right there
// or one that isn't, is in any output of a program.
func TestNoKeyIsPrinted(t *testing.T) {
	t.Parallel()
	run := secretsProgram(t)
	at := echo(t)
	var documents []map[string]any
	add := func(doc map[string]any, keys []string, table ...string) {
		for _, key := range keys {
			for _, value := range keyValues(key, at) {
				documents = append(documents, planted(doc, value, append(slices.Clone(table), key)...))
			}
		}
	}
	schema := newSchema()
	for _, d := range schemaCases(schema) {
		base := map[string]any{"trace": map[string]any{"c": map[string]any{"driver": d.driver}}}
		switch d.driver {
		case "otlp":
			base = planted(base, "http://"+at, "trace", "c", "setting", "endpoint")
		case "greptime":
			base = planted(base, "http://"+at, "trace", "c", "setting", "url")
		case "page":
			base = planted(base, "127.0.0.1:0", "trace", "c", "setting", "listen")
		}
		for table, keys := range d.tables {
			add(base, keys, "trace", "c", table)
		}
	}
	otlp := map[string]any{"trace": map[string]any{"c": map[string]any{
		"driver": "otlp", "retry": map[string]any{"enabled": false}, "setting": map[string]any{"endpoint": "http://" + at},
	}}}
	top := properties(schema)
	add(otlp, keysOf(top))
	add(otlp, keysOf(properties(in(top, "otel"))), "otel")
	for _, table := range []string{"redact", "traces", "limits", "headers", "resource", "request_id"} {
		add(otlp, []string{"drop", "mask", "hash", "hash_key", "query", "sql", "patterns", "wait", "trace_id", "unknown"}, "otel", table)
	}
	connection := properties(in(schema, "$defs", "connection"))
	add(otlp, keysOf(connection), "trace", "c")
	for _, o := range objects(in(connection, "sample")["anyOf"]) {
		if o["properties"] != nil {
			add(otlp, keysOf(properties(o)), "trace", "c", "sample")
		}
	}
	add(otlp, []string{"drop", "mask", "hash", "hash_key", "query", "sql", "patterns", "unknown"}, "trace", "c", "redact")
	add(otlp, []string{"unknown", "passwort", "Authorization"}, "trace", "c", "setting")
	for _, key := range []string{"endpoint", "url"} { // a path is a key with some vendors
		documents = append(documents, planted(otlp, "http://"+at+"/"+secret, "trace", "c", "setting", key))
	}
	dir := t.TempDir()
	var args []string
	for i, doc := range documents {
		data, err := json.Marshal(doc)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(dir, fmt.Sprintf("%d.json", i))
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, file)
	}
	if len(documents) < 1000 {
		t.Errorf("there are %d documents: the schema is read wrongly", len(documents))
	}
	told := map[string]bool{}
	for chunk := range slices.Chunk(args, 200) {
		out := run(nil, chunk...)
		for part := range strings.SplitSeq(out, "\n== ") {
			name, text, _ := strings.Cut(part, "\n")
			for _, line := range leaks(text) {
				doc, err := os.ReadFile(name)
				if err != nil {
					t.Fatal(err)
				}
				if key := string(doc); !told[key] {
					told[key] = true
					t.Errorf("%s\n%.400s", doc, line)
				}
			}
		}
	}
}

// planted is doc with a value at a path. The path is copied, the rest is shared.
func planted(doc map[string]any, value any, path ...string) map[string]any {
	out := maps.Clone(doc)
	if out == nil {
		out = map[string]any{}
	}
	if len(path) == 1 {
		out[path[0]] = value
		return out
	}
	inner, _ := out[path[0]].(map[string]any)
	out[path[0]] = planted(inner, value, path[1:]...)
	return out
}

// in returns the object at a path of names.
func in(o object, path ...string) object {
	for _, name := range path {
		o, _ = o[name].(object)
	}
	return o
}

// objects returns the objects of a list.
func objects(list any) []object {
	var all []object
	items, _ := list.([]any)
	for _, item := range items {
		if o, ok := item.(object); ok {
			all = append(all, o)
		}
	}
	return all
}

func keysOf(o object) []string { return slices.Sorted(maps.Keys(o)) }

// driverKeys are the keys that a driver reads in each of its tables.
type driverKeys struct {
	driver string
	tables map[string][]string
}

func schemaCases(schema object) []driverKeys {
	var all []driverKeys
	for _, c := range objects(in(schema, "$defs", "connection")["allOf"]) {
		then := properties(in(c, "then"))
		d := driverKeys{driver: fmt.Sprint(in(properties(in(c, "if")), "driver")["const"]), tables: map[string][]string{}}
		for table := range then {
			d.tables[table] = keysOf(properties(in(then, table)))
		}
		all = append(all, d)
	}
	return all
}
