package config

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/tracehook/tracehook/setting"
)

// processor makes a connection of a span processor and its exporter.
func (c *declarative) processor(t *setting.Table, sample map[string]any) {
	conn := make(map[string]any)
	kinds := t.Keys()
	if len(kinds) != 1 || kinds[0] != "batch" && kinds[0] != "simple" {
		t.Problem("", "must have one key, batch or simple, and has %s; a processor of one's own is given with otelbridge.WithTracerProviderOptions",
			setting.Known(strings.Join(kinds, ", ")))
		return
	}
	in := t.Table(kinds[0])
	type key struct{ theirs, ours string }
	var read []key
	if kinds[0] == "simple" {
		conn["sync"] = true
	} else {
		// The defaults of the specification, which the file relies on.
		for _, k := range []struct {
			key
			standard int
			unit     string
		}{
			{key{"schedule_delay", "timeout"}, 5000, "ms"},
			{key{"export_timeout", "export_timeout"}, 30000, "ms"},
			{key{"max_queue_size", "buffer"}, 2048, ""},
			{key{"max_export_batch_size", "batch"}, 512, ""},
		} {
			n := in.Int(k.standard, 0, 1<<31-1, k.theirs)
			switch {
			case n == 0 && k.theirs == "export_timeout":
				n = 24 * 60 * 60 * 1000
				c.note(in, k.theirs, "0, no limit, becomes a day")
			case n == 0 && k.theirs == "schedule_delay":
				n = 1
			}
			conn[k.ours] = any(int64(n))
			if k.unit != "" {
				conn[k.ours] = fmt.Sprint(n, k.unit)
			}
			if in.Has(k.theirs) {
				read = append(read, k.key)
			}
		}
		if !in.Has("max_export_batch_size") {
			conn["batch"] = min(conn["batch"].(int64), conn["buffer"].(int64)) //nolint:errcheck // set above
		}
	}
	exporter := in.Map("exporter")
	if exporter == nil {
		in.Problem("exporter", "is missing")
		in.Done()
		return
	}
	at := in.At("exporter", exporter)
	kind, below := only(at, exporter)
	if below == nil {
		return
	}
	name := strings.TrimSuffix(kind, "/development")
	for n := 2; c.trace[name] != nil; n++ {
		name = fmt.Sprintf("%s_%d", strings.TrimSuffix(kind, "/development"), n)
	}
	path := setting.Join("trace", name)
	c.alias(path, in.Path())
	c.ours, c.theirs = path, in.Path()
	defer func() { c.ours, c.theirs = "", "" }()
	for _, k := range read {
		c.alias(path+"."+k.ours, setting.Join(in.Path(), k.theirs))
	}
	c.alias(path+".sample", "tracer_provider.sampler")
	c.alias(path+".driver", setting.Join(at.Path(), kind))
	c.alias(path+".setting", below.Path())
	if !c.exporter(conn, path, kind, at, below) {
		return
	}
	conn["sample"] = sample
	c.trace[name] = conn
	in.Done()
}

// exporter sets the driver and its setting.
func (c *declarative) exporter(conn map[string]any, path, kind string, at, t *setting.Table) bool {
	own := make(map[string]any)
	switch kind {
	case "otlp_http":
		conn["driver"] = "otlp"
		own["protocol"] = "http/protobuf"
		if t.Word("protobuf", []string{"protobuf", "json"}, "encoding") == "json" {
			own["protocol"] = "http/json"
		}
		own["url"] = t.String("http://localhost:4318/v1/traces", "endpoint")
		c.alias(path+".setting.url", setting.Join(t.Path(), "endpoint"))
		c.otlp(own, path, t)
	case "otlp_grpc":
		conn["driver"] = "otlp"
		own["protocol"] = "grpc"
		own["endpoint"] = t.String("http://localhost:4317", "endpoint")
		c.otlp(own, path, t)
	case "otlp_file/development":
		conn["driver"] = "file"
		own["encoding"] = "otlp"
		own["path"] = c.stream(t)
		c.alias(path+".setting.path", setting.Join(t.Path(), "output_stream"))
	case "console":
		conn["driver"] = "console"
	default:
		at.Problem(setting.Join("", kind), "there is no such exporter here; known are otlp_http, otlp_grpc, otlp_file/development and console. Others are drivers: write [trace] instead, with otelbridge.WithDriver")
		return false
	}
	if len(own) > 0 {
		conn["setting"] = own
	}
	t.Done()
	return true
}

func (c *declarative) otlp(own map[string]any, path string, t *setting.Table) {
	headers := make(map[string]any)
	for name, value := range setting.Pairs(t.String("", "headers_list")) {
		if name == "" {
			t.Problem("headers_list", "must be name=value pairs with commas between them, values percent-encoded")
			continue
		}
		headers[name] = value
		c.alias(path+".setting.headers", setting.Join(t.Path(), "headers_list"))
	}
	for i, v := range t.List("headers") {
		m, _ := v.(map[string]any)
		h := t.At(setting.At("headers", i), m)
		if name := h.String("", "name"); name == "" {
			h.Problem("name", "is missing")
		} else {
			headers[name] = h.String("", "value")
		}
		h.Done()
	}
	if len(headers) > 0 {
		own["headers"] = headers
	}
	if word := t.Word("none", []string{"gzip", "none"}, "compression"); word != "none" {
		own["compression"] = word
	}
	n := t.Int(10000, 0, 1<<31-1, "timeout")
	if n == 0 {
		n = 24 * 60 * 60 * 1000
		c.note(t, "timeout", "0, no limit, becomes a day")
	}
	own["timeout"] = fmt.Sprint(n, "ms")
	if t.Has("max_request_size") {
		size := t.Int(0, 0, 1<<31-1, "max_request_size")
		if size == 0 {
			size = 1 << 30
			c.note(t, "max_request_size", "0, no limit, becomes 1 GiB")
		}
		own["max_request_bytes"] = fmt.Sprint(size, "B")
		c.alias(path+".setting.max_request_bytes", setting.Join(t.Path(), "max_request_size"))
	}
	if t.Has("max_response_size") {
		c.note(t, "max_response_size", "is not read: of an answer 1 MiB is read at most")
	}
	tls := t.Table("tls")
	for _, k := range []struct{ theirs, ours string }{{"ca_file", "ca"}, {"cert_file", "cert"}, {"key_file", "key"}} {
		if file := tls.String("", k.theirs); file != "" {
			own[k.ours] = file
			c.alias(path+".setting."+k.ours, setting.Join(tls.Path(), k.theirs))
		}
	}
	if tls.Has("insecure") && own["protocol"] == "grpc" {
		insecure := tls.Bool(false, "insecure")
		address, _ := own["endpoint"].(string)
		if u, err := url.Parse(address); err != nil || u.Host == "" { // the scheme says it otherwise
			own["insecure"] = insecure
			c.alias(path+".setting.insecure", setting.Join(tls.Path(), "insecure"))
		}
	}
	tls.Done()
}

// stream returns the path of an output stream: stdout, or file:///PATH.
func (*declarative) stream(t *setting.Table) string {
	stream := t.String("stdout", "output_stream")
	if stream == "stdout" {
		return "/dev/stdout"
	}
	u, err := url.Parse(stream)
	if err != nil || u.Scheme != "file" || u.Host != "" || !strings.HasPrefix(u.Path, "/") {
		t.Problem("output_stream", "%q is neither stdout nor file:///PATH", stream)
		return "trace.log"
	}
	return u.Path
}
