package redact_test

import (
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/tracehook/tracehook/exporter/encode/redact"
)

func newRedactor(tb testing.TB, o redact.Options) *redact.Redactor {
	tb.Helper()
	r, err := redact.New(o)
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

// redacted redacts the attribute of a span.
func redacted(r *redact.Redactor, attrs ...attribute.KeyValue) []attribute.KeyValue {
	return r.Spans([]sdktrace.ReadOnlySpan{tracetest.SpanStub{Attributes: attrs}.Snapshot()})[0].Attributes()
}

func text(r *redact.Redactor, key, value string) string {
	return redacted(r, attribute.String(key, value))[0].Value.AsString()
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	r := newRedactor(t, redact.Options{Defaults: true})
	for _, tt := range []struct{ give, want string }{
		{"dial postgres://bob:hunter2@db/x: refused", "dial postgres://REDACTED:REDACTED@db/x: refused"},
		{"https://ghtoken@github.com/x", "https://REDACTED@github.com/x"},
		{"https://:hunter2@h", "https://REDACTED:REDACTED@h"},
		{"amqp://u:p@h:5672/v?x=y", "amqp://REDACTED:REDACTED@h:5672/v?x=y"},
		{"jdbc:mysql://u:p@h/db", "jdbc:mysql://REDACTED:REDACTED@h/db"},
		{"mongodb+srv://u:p%40ss@h1,h2/db", "mongodb+srv://REDACTED:REDACTED@h1,h2/db"},
		{"redis://:p@ss@h:6379/0", "redis://REDACTED:REDACTED@h:6379/0"},
		{"postgres://bob:pa/ss@db/x", "postgres://REDACTED:REDACTED@db/x"},
		{"postgres://bob:p@a/ss@db/x", "postgres://REDACTED:REDACTED@db/x"},
		{"postgres://a:b@h1/x and http://c:d@h2", "postgres://REDACTED:REDACTED@h1/x and http://REDACTED:REDACTED@h2"},
		{"bob:hunter2@tcp(db:3306)/shop", "REDACTED:REDACTED@tcp(db:3306)/shop"},
		{"open bob:hun/ter2@unix(/tmp/s)/x", "open REDACTED:REDACTED@unix(/tmp/s)/x"},
		{"bob:hunter2@/shop", "REDACTED:REDACTED@/shop"},
		{"bob:hunter2@cloudsql(p:r:i)/shop", "REDACTED:REDACTED@cloudsql(p:r:i)/shop"},
		{"connect scott/tiger@//db:1521/x", "connect REDACTED@//db:1521/x"},
		{"//bob:hunter2@h/x", "//REDACTED:REDACTED@h/x"},
		{"src=//bob:hunter2@h/x", "src=//REDACTED:REDACTED@h/x"},
		{`{"u":"https:\/\/bob:hunter2@h\/x"}`, `{"u":"https:\/\/REDACTED:REDACTED@h\/x"}`},
		{`{"u":"/o?a=b\u0026sig=0a1b\u0026c=d"}`, `{"u":"/o?a=b\u0026sig=REDACTED\u0026c=d"}`},
		{"/login?next=https%3A%2F%2Fbob%3Ahunter2%40h%2Fx", "/login?next=https%3A%2F%2FREDACTED:REDACTED%40h%2Fx"},
		{"https://h/o?X-Amz-Signature=0a1b&x=y", "https://h/o?X-Amz-Signature=REDACTED&x=y"},
		{"https://h/o?x=y&sig=0a1b#f", "https://h/o?x=y&sig=REDACTED#f"},
		{"/o?AWSAccessKeyId=AK&Signature=s%2Fx%3D&X-Goog-Signature=g", "/o?AWSAccessKeyId=REDACTED&Signature=REDACTED&X-Goog-Signature=REDACTED"},
		{"GET \"/o?X-Amz-Security-Token=IQo\" failed", "GET \"/o?X-Amz-Security-Token=REDACTED\" failed"},
		{"/o?X%2DAmz%2DCredential=AK%2F2026", "/o?X%2DAmz%2DCredential=REDACTED"},
		{"/o?%73ig=0a1b&a=b", "/o?%73ig=REDACTED&a=b"},
		{"/o?a=b&amp;sig=x", "/o?a=b&amp;sig=REDACTED"},
		{"?u=https%3a%2f%2fh%2fo%3fX-Amz-Signature%3d0a1b%26x%3dy", "?u=https%3a%2f%2fh%2fo%3fX-Amz-Signature%3dREDACTED%26x%3dy"},
	} {
		if got := text(r, "k", tt.give); got != tt.want {
			t.Errorf("%q is exported as %q, want %q", tt.give, got, tt.want)
		}
	}
	for give, want := range map[string]string{"sig=abc&x=y": "sig=REDACTED&x=y", "x=y&sig=a \"b c&d=e": "x=y&sig=REDACTED&d=e"} {
		if got := text(r, "url.query", give); got != want {
			t.Errorf("the query %q is exported as %q", give, got)
		}
	}
	for _, harmless := range []string{
		"", "GET", "GET /orders/{id}", "http://localhost:8080/x@y", "https://medium.com/@ann", "see https://a.b and mail x@y.z",
		"mailto:a@b.c", "12:30@home", "https://h/o?signature_version=4&sigma=3", "sig=5 of 9", "design=x", "a=b", "://", "https://",
		"https://h/?q=100%", "http://[::1]:80/@x", "x://y?z@w", "{\"url\":\"https://a.b/\",\"mail\":\"x@y\"}", "50% @ 3:00", "urn:x:y@z",
		"https://REDACTED:REDACTED@h/", "select '://' || '@'", "https://a.b:8443", "git@github.com:x/y.git",
		"/users/@/me", "/:user@/x", "user@/x", "a//b@c", "12:30@home", "foo@bar(baz)", "// a comment @ home", "///@x", "a6=b", "?6=x",
	} {
		if got := text(r, "k", harmless); got != harmless {
			t.Errorf("the harmless %q is exported as %q", harmless, got)
		}
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	r := newRedactor(t, redact.Options{
		Drop: []string{"user.email"}, Mask: []string{"*password*", "http.request.header.authorization"},
		Hash: []string{"user.id"}, HashKey: "k", Query: []string{"*token*"},
	})
	got := redacted(r,
		attribute.String("a", "b"),
		attribute.String("db.Password", "hunter2"),
		attribute.Int("password", 12345),
		attribute.String("user.email", "x@y.z"),
		attribute.String("user.id", "42"),
		attribute.Int("USER.ID", 42),
		attribute.StringSlice("http.request.header.authorization", []string{"Bearer x"}),
		attribute.String("u", "/cb?access_token=a&y=z#Token=b"),
		attribute.Map("m", attribute.String("password", "hunter2"), attribute.Slice("l", attribute.StringValue("?token=x"))),
	)
	want := []attribute.KeyValue{
		attribute.String("a", "b"),
		attribute.String("db.Password", "REDACTED"),
		attribute.String("password", "REDACTED"),
		got[3], got[4],
		attribute.String("http.request.header.authorization", "REDACTED"),
		attribute.String("u", "/cb?access_token=REDACTED&y=z#Token=REDACTED"),
		attribute.Map("m", attribute.String("password", "REDACTED"), attribute.Slice("l", attribute.StringValue("?token=REDACTED"))),
	}
	if len(got) != len(want) {
		t.Fatalf("exported %v", got)
	}
	for i := range want {
		if got[i].Key != want[i].Key || got[i].Value.String() != want[i].Value.String() {
			t.Errorf("exported %s=%s, want %s", got[i].Key, got[i].Value.String(), want[i].Value.String())
		}
	}
	if a, b := got[3].Value.AsString(), got[4].Value.AsString(); a != b || len(a) != 32 || strings.Contains(a, "42") && len(a) < 32 {
		t.Errorf("equal values have the hashes %q and %q", a, b)
	}
	other := newRedactor(t, redact.Options{Hash: []string{"user.id"}, HashKey: "l"})
	if text(other, "user.id", "42") == got[3].Value.AsString() {
		t.Error("another key gives the same hash")
	}
	if n := r.Counts(); n["mask"] != 4 || n["drop"] != 1 || n["hash"] != 2 || n["query"] != 3 {
		t.Errorf("counted %v", n)
	}
}

func TestPatterns(t *testing.T) {
	t.Parallel()
	r := newRedactor(t, redact.Options{Patterns: []string{"card", "token", "email", "password", `\bCASE-\d+\b`}})
	for _, tt := range []struct{ give, want string }{
		{"paid with 4111 1111 1111 1111.", "paid with REDACTED."},
		{"4111-1111-1111-1111", "REDACTED"},
		{"amex 378282246310005 ok", "amex REDACTED ok"},
		{"Authorization: Bearer abcdef0123456789", "Authorization: REDACTED"},
		{"basic Ym9iOmh1bnRlcjI=", "REDACTED"},
		{"jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-_", "jwt REDACTED"},
		{"key AKIAIOSFODNN7EXAMPLE", "key REDACTED"},
		{"ghp_0123456789abcdefghijABCDEFGHIJ012345", "REDACTED"},
		{"to ann.b+x@example.co.uk, now", "to REDACTED, now"},
		{"host=db user=bob password=hunter2 sslmode=off", "host=db user=bob password=REDACTED sslmode=off"},
		{"Server=db;Pwd='a b';x=y", "Server=db;Pwd=REDACTED;x=y"},
		{`{"password":"hunter2"}`, `{"password":REDACTED}`},
		{`{"in":"{\"password\": \"hunter 2\"}"}`, `{"in":"{\"password\": REDACTED}"}`},
		{"see CASE-77", "see REDACTED"},
		{"-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----", "REDACTED"},
	} {
		if got := text(r, "k", tt.give); got != tt.want {
			t.Errorf("%q is exported as %q, want %q", tt.give, got, tt.want)
		}
	}
	if got := redacted(r, attribute.Int64("card", 4111111111111111))[0].Value.String(); got != "REDACTED" {
		t.Errorf("a card in an integer is exported as %s", got)
	}
	for want, v := range map[string]attribute.Value{
		"REDACTED":               attribute.Float64Value(4111111111111111),
		`["REDACTED",12]`:        attribute.Int64SliceValue([]int64{4111111111111111, 12}),
		`["REDACTED",0.5]`:       attribute.Float64SliceValue([]float64{4111111111111111, 0.5}),
		`[1,"REDACTED"]`:         attribute.SliceValue(attribute.IntValue(1), attribute.Int64Value(4111111111111111)),
		`{"a":"REDACTED"}`:       attribute.MapValue(attribute.Int64("a", 4111111111111111)),
		"4111111111111112":       attribute.Int64Value(4111111111111112),
		"[4111111111111112,1]":   attribute.Int64SliceValue([]int64{4111111111111112, 1}),
		"-4111111111111111":      attribute.Int64Value(-4111111111111111),
		"4.111111111111112e+15":  attribute.Float64Value(4111111111111112),
		"1.234567890123456e+300": attribute.Float64Value(1.234567890123456e300),
	} {
		if got := redacted(r, attribute.KeyValue{Key: "card", Value: v})[0].Value.String(); got != want {
			t.Errorf("%v is exported as %s, want %s", v.AsInterface(), got, want)
		}
	}
	for _, harmless := range []string{
		"4111 1111 1111 1112", "1764440000000000000", "order 1234567890123456", "basic authentication", "bearer of good news",
		"a@b", "password reset requested", "4111.1111.1111.1111", "f4111111111111111", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
	} {
		if got := text(r, "k", harmless); got != harmless {
			t.Errorf("the harmless %q is exported as %q", harmless, got)
		}
	}
}

func TestSQL(t *testing.T) {
	t.Parallel()
	r := newRedactor(t, redact.Options{SQL: true})
	for _, tt := range []struct{ system, give, want string }{
		{"postgresql", `SELECT * FROM "users" u1 WHERE name = 'O''Brien' AND id = $1 AND age > 42`, `SELECT * FROM "users" u1 WHERE name = ? AND id = $1 AND age > ?`},
		{"mysql", "SELECT `a1` FROM t WHERE x = \"secret\" AND y = 'a\\'b' -- secret\n AND z = 0x1F", "SELECT `a1` FROM t WHERE x = ? AND y = ?  AND z = ?"},
		{"postgresql", "SELECT $$it's$$, $tag$x$tag$, -1.5e-3 /* secret */", "SELECT ?, ?, -? "},
		{"", `SELECT "secret`, `SELECT ?`},
		{"mssql", "SELECT [a 1] FROM t WHERE b = N'secret' AND c = @p1", "SELECT [a 1] FROM t WHERE b = N? AND c = @p1"},
	} {
		got := redacted(r, attribute.String("db.query.text", tt.give), attribute.String("db.system.name", tt.system))[0].Value.AsString()
		if strings.Join(strings.Fields(got), " ") != strings.Join(strings.Fields(tt.want), " ") {
			t.Errorf("%q is exported as %q, want %q", tt.give, got, tt.want)
		}
	}
	if got := text(r, "db.query.parameter.1", "secret"); got != "REDACTED" {
		t.Errorf("a parameter is exported as %q", got)
	}
	if got := text(r, "note", "it's 42"); got != "it's 42" {
		t.Errorf("a text that is no statement is exported as %q", got)
	}
}

func TestEveryPartOfASpan(t *testing.T) {
	t.Parallel()
	const secret, hidden = "x://u:hunter2@h", "x://REDACTED:REDACTED@h"
	attrs := []attribute.KeyValue{attribute.String("k", secret)}
	stub := tracetest.SpanStub{
		Name: secret, Attributes: attrs, Status: sdktrace.Status{Code: codes.Error, Description: secret},
		Events:               []sdktrace.Event{{Name: "fine"}, {Name: secret, Attributes: attrs}},
		Links:                []sdktrace.Link{{}, {Attributes: attrs}},
		Resource:             resource.NewSchemaless(attrs...),
		InstrumentationScope: instrumentation.Scope{Name: secret, Version: secret, Attributes: attribute.NewSet(attrs...)},
	}
	original := stub.Snapshot()
	r := newRedactor(t, redact.Options{Defaults: true})
	scopeAttribute := func(s sdktrace.ReadOnlySpan) string {
		set := s.InstrumentationScope().Attributes
		return set.ToSlice()[0].Value.AsString()
	}
	for range 2 { // the second time it is remembered
		s := r.Spans([]sdktrace.ReadOnlySpan{original})[0]
		for range 2 {
			for part, got := range map[string]string{
				"name": s.Name(), "status": s.Status().Description, "attribute": s.Attributes()[0].Value.AsString(),
				"event name": s.Events()[1].Name, "event attribute": s.Events()[1].Attributes[0].Value.AsString(),
				"link": s.Links()[1].Attributes[0].Value.AsString(), "resource": s.Resource().Attributes()[0].Value.AsString(),
				"scope": s.InstrumentationScope().Name, "scope version": s.InstrumentationScope().Version,
				"scope attribute": scopeAttribute(s),
			} {
				if got != hidden {
					t.Errorf("%s is exported as %q", part, got)
				}
			}
		}
		if s.Status().Code != codes.Error || s.Events()[0].Name != "fine" {
			t.Error("what holds no secret is changed")
		}
	}
	if attrs[0].Value.AsString() != secret || original.Events()[1].Name != secret {
		t.Error("the span itself was written to")
	}
	if n := r.Counts()["userinfo"]; n != 2*6+4 {
		t.Errorf("counted %d", n)
	}
}

func TestFunc(t *testing.T) {
	t.Parallel()
	r := newRedactor(t, redact.Options{Func: func(key string, v attribute.Value) attribute.Value {
		switch {
		case key == "panic":
			panic("x") //nolint:forbidigo // as code of others may
		case key == "drop":
			return attribute.Value{}
		case key == "" && v.AsString() == "secret":
			return attribute.StringValue("name")
		}
		return v
	}}.Plus(redact.Options{Mask: []string{"m"}}))
	s := r.Spans([]sdktrace.ReadOnlySpan{tracetest.SpanStub{Name: "secret", Attributes: []attribute.KeyValue{
		attribute.Int("drop", 1), attribute.Bool("panic", true), attribute.Int("m", 1), attribute.Int("n", 1),
	}}.Snapshot()})[0]
	set := attribute.NewSet(s.Attributes()...)
	if got := set.Encoded(attribute.DefaultEncoder()); s.Name() != "name" || got != "m=REDACTED,n=1,panic=REDACTED" {
		t.Errorf("exported %q with %s", s.Name(), got)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	_, err := redact.New(redact.Options{Hash: []string{"a", ""}, Patterns: []string{"(", "x*"}, Query: []string{""}})
	for _, want := range []string{"hash[1]: is empty", "hash_key: is missing", "patterns[0]: is neither", "patterns[1]: is a regular expression that matches the empty text", "query[0]: is empty"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error %v doesn't have %q", err, want)
		}
	}
	if r, err := redact.New(redact.Options{}); r != nil || err != nil {
		t.Errorf("nothing to redact gives %v, %v", r, err)
	}
}
