package otelbridge_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/otelbridge"
	"github.com/tracehook/tracehook/test/locked"
)

// secrets are texts as they get into spans, each with the part that must never come out.
var secrets = []struct{ text, secret string }{
	// URLs and data source names
	{"dial postgres://bob:hunter2aa@db/x: refused", "hunter2aa"},
	{"https://ghtokenab@github.com/x", "ghtokenab"},
	{"redis://:p@sswordac@cache:6379/0", "sswordac"},
	{"amqp://shop:pa/ss/ad@mq:5672/v", "ss/ad"},
	{"mongodb+srv://u:hunter2ae@h1,h2/db?w=1", "hunter2ae"},
	{"jdbc:mysql://u:hunter2af@h/db", "hunter2af"},
	{"bob:hunter2ag@tcp(db:3306)/shop?parseTime=true", "hunter2ag"},
	{"/login?next=https%3A%2F%2Fbob%3Ahunter2ah%40h%2Fx", "hunter2ah"},
	{`parse "smtp://mail:hunter2ai@mx:25": bad`, "hunter2ai"},
	{"host=db user=bob password=hunter2aj sslmode=off", "hunter2aj"},
	{"Server=db;Uid=bob;Pwd='hunter2ak x';", "hunter2ak"},
	// signatures and query parameters
	{"https://h/o?X-Amz-Signature=sigba0123456789&x=y", "sigba0123456789"},
	{"https://h/o?X-Amz-Security-Token=IQobb&x=y", "IQobb"},
	{"https://h/o?X-Amz-Credential=AKIDbc%2F2026&x=y", "AKIDbc"},
	{"https://h/o?X-Goog-Signature=sigbd0123", "sigbd0123"},
	{"https://h/o?AWSAccessKeyId=AKIDbe&Signature=sigbf%3D", "sigbf"},
	{"https://h/o?sv=2026&sig=sigbg%2Fx", "sigbg"},
	{"/cb?code=1&access_token=tokbh&state=s#id_token=tokbi", "tokbh"},
	{"/cb?code=1&access_token=x#id_token=tokbi", "tokbi"},
	{"/cb?u=https%3a%2f%2fh%3fsig%3dsigbj%26a%3db", "sigbj"},
	// headers and tokens
	{"Authorization: Bearer tokca0123456789.abc", "tokca0123456789"},
	{"proxy said: basic Ym9iOmh1bnRlcjJjYg==", "Ym9iOmh1bnRlcjJjYg"},
	{"jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYyJ9.c2lnY2M", "eyJzdWIiOiJjYyJ9"},
	{"push with ghp_cd23456789abcdefghijABCDEFGHIJ012345 failed", "ghp_cd23456789"},
	{"glpat-ce0123456789abcdefgh", "glpat-ce"},
	{"xoxb-cf012345678-abcdefghij", "xoxb-cf"},
	{"key AKIACGFODNN7EXAMPLECG"[:24], "AKIACGFODNN7EXAMPLE"},
	{"AIzaCh0123456789abcdefghijklmnopqrstuvw", "AIzaCh"},
	{"sk_live_ci0123456789abcdefghij", "ci0123456789"},
	{"-----BEGIN PRIVATE KEY-----\nMIIcj\n-----END PRIVATE KEY-----", "MIIcj"},
	{`{"api_key": "keyck0123"}`, "keyck0123"},
	// cards and mail
	{"paid with 4111 1111 1111 1111 today", "4111 1111 1111"},
	{"5500-0000-0000-0004", "5500-0000"},
	{"ann.da@example.com wrote", "ann.da@"},
}

// harmless are texts that look like secrets and must come out as they are.
var harmless = []string{
	"http://localhost:8080/x@y", "https://medium.com/@ann", "mailto nobody at example.com", "12:30@home", "sig=5 of 9",
	"https://h/o?signature_version=4&sigma=3", "https://h/?q=100%", "urn:x:y@z", "git@github:x/y.git", "50% @ 3:00",
	"4111 1111 1111 1112", "1764440000000000000", "basic authentication", "bearer of good news", "password reset requested",
	"secretary", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "v1.2.3-rc.1+build", "SELECT", "user:name", "a=b&c=d",
	"Token bucket full", "eyJ is how they begin", "AKIA", "http://[::1]:80/@x", "x://y?z@w", "日本語 = text", "f47ac10b-58cc-4372-a567-0e02b2c3d479",
}

// redactAll turns every rule on.
const redactAll = `
[otel.redact]
mask = ["*password*", "http.request.header.authorization"]
drop = ["http.request.body"]
hash = ["enduser.id"]
hash_key = "k"
query = ["*token*"]
sql = true
patterns = ["card", "token", "email", "password"]
`

// plant records spans that have a text in every place that a span has; keyed also under keys that are
// redacted whatever they hold.
func plant(b *otelbridge.Bridge, text string, keyed bool) {
	attrs := []attribute.KeyValue{
		attribute.String("note", text), attribute.StringSlice("list", []string{"a", text}), attribute.ByteSlice("bytes", []byte(text)),
		attribute.Map("map", attribute.String("in", text), attribute.Slice("deep", attribute.StringValue(text))),
	}
	tracer := b.TracerProvider().Tracer("scope "+text, trace.WithInstrumentationVersion(text), trace.WithInstrumentationAttributes(attrs...))
	ctx := context.Background()
	if member, err := baggage.NewMemberRaw("tenant", text); err == nil {
		if bag, err := baggage.New(member); err == nil {
			ctx = baggage.ContextWithBaggage(ctx, bag)
		}
	}
	_, s := tracer.Start(ctx, "span "+text, trace.WithAttributes(attrs...),
		trace.WithLinks(trace.Link{SpanContext: trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{1}}), Attributes: attrs}))
	begun := map[string]any{
		"note": text, "service": text, "target": text, "entry": text, "step": text, "map": map[string]any{"in": text}, "list": []string{text},
	}
	if keyed {
		begun["user.password"] = text
		s.SetAttributes(keyedBy(text)...)
	}
	s.AddEvent("event "+text, trace.WithAttributes(attrs...))
	s.RecordError(errors.New(text), trace.WithStackTrace(true))
	s.SetStatus(codes.Error, text)
	s.End()
	b.Hook().Begin(nil, "begun "+text, begun).End(errors.New(text))
	_ = b.Hook().Trace(nil, "traced "+text, "fail", map[string]any{"note": text})
}

// keyedBy returns a text under keys that the rules name.
func keyedBy(text string) []attribute.KeyValue {
	return []attribute.KeyValue{
		attribute.String("user.password", text), attribute.StringSlice("http.request.header.authorization", []string{text}),
		attribute.String("http.request.body", text), attribute.String("enduser.id", text),
		attribute.String("db.query.text", "SELECT * FROM t WHERE x = '"+strings.ReplaceAll(text, "'", "''")+"'"),
		attribute.String("db.query.parameter.0", text), attribute.String("url.query", "x=1&access_token="+text),
	}
}

// plain returns text without the escapes of JSON, so that a secret is found in any form.
func plain(text string) string {
	text = strings.NewReplacer(`\u0026`, "&", `\u003c`, "<", `\/`, "/", `\"`, `"`, `\n`, "\n").Replace(text)
	return text
}

// It sets an environment variable.
func TestNoSecretOfTheCorpusComesOut(t *testing.T) {
	toml, written := everyDriver(t)
	toml += "[trace.console]\n[trace.consolejson]\njson = true\n[trace.tree]\nformat = \"tree\"\n[trace.stdout]\ndriver = \"stdout\"\n" +
		"[trace.look]\ndriver = \"page\"\nsetting.listen = \"127.0.0.1:0\"\n[trace.mine]\ndriver = \"mine\"\n"
	var resource strings.Builder
	for i, s := range secrets {
		fmt.Fprintf(&resource, "\"place.%d\" = %q\n", i, s.text)
	}
	toml += "[otel]\nbaggage_attributes = [\"tenant\"]\n" + redactAll + "[otel.resource]\n" + resource.String()
	cfg, err := config.Parse([]byte(toml), "toml", config.WithEnviron(func() []string { return nil }))
	if err != nil {
		t.Fatal(err)
	}
	var out, errs, logs locked.Buffer
	mine := tracetest.NewInMemoryExporter()
	b, err := otelbridge.New(t.Context(), cfg, otelbridge.WithOutput(&out, &errs), otelbridge.WithLogger(slog.New(slog.NewJSONHandler(&logs, &slog.HandlerOptions{Level: slog.LevelDebug}))),
		otelbridge.WithDriver("mine", func(context.Context, exporter.Settings) (sdktrace.SpanExporter, error) { return keeps{mine}, nil }))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range secrets {
		plant(b, s.text, true)
	}
	for _, s := range secrets {
		for _, e := range b.Explain("span "+s.text, "", attribute.String("note", s.text)) {
			text, err := json.Marshal(e)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(plain(string(text)), s.secret) || strings.Contains(fmt.Sprint(e), s.secret) {
				t.Errorf("Explain has %q: %s", s.secret, text)
			}
		}
	}
	flush, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	_ = b.ForceFlush(flush) // nobody listens where the spools send
	texts := make(map[string]string)
	for _, api := range []string{"api/spans?limit=1000", "api/connections"} {
		texts["look "+api] = get(t, b.Health().Addresses["look"]+api)
	}
	for _, s := range mine.GetSpans() {
		texts["look "+s.SpanContext.TraceID().String()] = get(t, b.Health().Addresses["look"]+"api/traces/"+s.SpanContext.TraceID().String())
	}
	stats, err := json.Marshal(b.Stats())
	if err != nil {
		t.Fatal(err)
	}
	health, err := json.Marshal(b.Health())
	if err != nil {
		t.Fatal(err)
	}
	stop, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	lost := b.Shutdown(stop)
	texts["stats"], texts["health"], texts["shutdown"] = string(stats), string(health), fmt.Sprint(lost)
	texts["stdout"], texts["stderr"], texts["log"] = out.String(), errs.String(), logs.String()
	stubs, err := json.Marshal(mine.GetSpans())
	if err != nil {
		t.Fatal(err)
	}
	texts["mine"] = string(stubs)
	if !strings.Contains(texts["mine"], `"Key":"tenant"`) {
		t.Error("no span has an attribute of the baggage")
	}
	for name, read := range written {
		texts[name] = read()
	}
	for where, text := range texts {
		text = plain(text)
		for _, s := range secrets {
			for form, secret := range map[string]string{
				"as it is": s.secret, "in base64": base64.StdEncoding.EncodeToString([]byte(s.text)),
			} {
				if i := strings.Index(text, secret); i >= 0 {
					t.Errorf("%s has %q %s: ...%q...", where, s.secret, form, text[max(0, i-150):min(len(text), i+150)])
				}
			}
		}
		_, isOutput := written[where]
		if (isOutput || slices.Contains([]string{"stdout", "stderr", "mine"}, where)) && strings.Count(text, "REDACTED") < len(secrets) {
			t.Errorf("%s has %d bytes, and REDACTED %d times", where, len(text), strings.Count(text, "REDACTED"))
		}
	}
}

// What only looks like a secret is written as if nothing were redacted, byte by byte.
func TestNothingHarmlessIsRedacted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var toml strings.Builder
	for i, keys := range []string{"json = true", `setting.encoding = "otlp"`, `setting.encoding = "yaml"`, `format = "%name% %status_message% %attributes% %events% %links%"`} {
		for name, redact := range map[string]string{"with": "", "without": "redact = false\n"} {
			fmt.Fprintf(&toml, "[trace.%s%d]\ndriver = \"file\"\nsetting.path = %q\n%s%s\n", name, i, filepath.Join(dir, fmt.Sprint(name, i)), redact, keys)
		}
	}
	cfg, err := config.Parse([]byte(toml.String()+redactAll), "toml", config.WithEnviron(nil))
	if err != nil {
		t.Fatal(err)
	}
	b, err := otelbridge.New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range harmless {
		plant(b, text, false)
	}
	if err := b.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i := range 4 {
		with, err := os.ReadFile(filepath.Join(dir, fmt.Sprint("with", i)))
		if err != nil {
			t.Fatal(err)
		}
		without, err := os.ReadFile(filepath.Join(dir, fmt.Sprint("without", i)))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(without), string(with)); diff != "" {
			t.Errorf("redaction changes (-without +with):\n%.3000s", diff)
		}
		if n := strings.Count(string(with), "\n"); n < 3*len(harmless) && i != 1 {
			t.Errorf("%d lines", n)
		}
	}
}

// keeps has its spans after Shutdown.
type keeps struct{ *tracetest.InMemoryExporter }

func (keeps) Shutdown(context.Context) error { return nil }
