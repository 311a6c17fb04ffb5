package otlp

import (
	"cmp"
	"errors"
	"maps"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/delivery"
	"github.com/tracehook/tracehook/exporter/encode"
	"github.com/tracehook/tracehook/setting"
)

// FromSettings turns the configuration of a connection into Options, reading certificate files, or returns
// everything that is wrong with it. It is for drivers that send OTLP and differ otherwise; all others use
// [Driver].
func FromSettings(s exporter.Settings) (Options, error) {
	o := Options{Logger: s.Logger, SplitServices: s.SplitServices}
	d := s.Table("setting")
	env := &environ{get: s.Environ}
	var errs []error

	protocol := d.Word("", []string{"http", "http/protobuf", "http/json", "grpc"}, "protocol")
	if protocol == "" {
		protocol = env.protocol()
	}
	o.GRPC, o.JSON = protocol == "grpc", protocol == "http/json"
	o.Timeout = defaultTimeout
	if !d.Has("timeout") {
		o.Timeout = cmp.Or(env.timeout(), o.Timeout)
	}
	o.Timeout = d.DurationIn(o.Timeout, delivery.Timeouts(), "timeout")
	o.Service = d.String("", "service")
	o.Gzip = readGzip(d, env)
	o.MaxRequestBytes = delivery.ReadMaxBytes(d)
	o.Proxy = readProxy(s, d, o.GRPC)
	secure, own := o.readAddress(s, d, env)
	o.Headers = readHeaders(d, o.GRPC)
	if o.Headers == nil && own {
		o.Headers = env.headers(o.GRPC)
	}
	delivery.CheckSecretFiles(d, &o.TokenFile, &o.HeadersFile)
	if o.TokenFile != "" && hasHeader(o.Headers, "authorization") && d.Has("headers") {
		d.Problem("token_file", "headers have an authorization, too: leave one of them out")
	}
	o.readTLS(d, env, secure, own)
	if o.exposes() && !d.Has("insecure") && !s.RequireTLS {
		env.warnings = append(env.warnings, "credentials go to another host without TLS, where others can read them: write https://, or insecure = true to say that it is meant")
	}
	if p := o.Proxy; p != nil && p.User != nil && p.Scheme != "https" && delivery.Exposed(p.Host) && !d.Has("insecure") && !s.RequireTLS {
		env.warnings = append(env.warnings, "the password of the proxy goes to another host without TLS, where others can read it: write https:// for the proxy, or insecure = true to say that it is meant")
	}
	if !own {
		env.unused(d)
	}
	retry, err := delivery.ReadRetry(s)
	o.Backoff, o.Budget, o.Once = retry.Backoff, retry.Budget, retry.Once
	errs = append(errs, err)
	errs = append(errs, d.Err())
	errs = append(errs, env.errs...)
	o.warnings = env.warnings
	errs = append(errs, o.readFields(s)...)
	return o, errors.Join(errs...)
}

// readAddress reports whether the address is secured, and whether what the environment says
// about its own endpoint may be used.
func (o *Options) readAddress(s exporter.Settings, d *setting.Table, env *environ) (secure, own bool) {
	insecure := d.OptionalBool("insecure")
	address, key, base := d.String("", "url"), "url", false
	if endpoint := d.String("", "endpoint"); address == "" {
		address, key, base = endpoint, "endpoint", true
	}
	problem := d.Problem
	envAddress, variable, envBase := env.address()
	own = address == "" || envAddress == "" || strings.TrimRight(envAddress, "/") == strings.TrimRight(address, "/")
	if address == "" && envAddress != "" {
		address, key, base = envAddress, variable, envBase
		problem = env.problem
	}
	if insecure == nil && own {
		insecure = env.insecure()
	}
	if address == "" {
		o.Insecure = insecure == nil || *insecure // the local receiver has no certificate
		return false, own
	}
	var e endpoint
	var err error
	if o.GRPC {
		e, err = grpcEndpoint(address, insecure)
	} else {
		e, err = httpEndpoint(address, base)
	}
	if err != nil {
		problem(key, "%v", err)
		return true, own
	}
	o.URL, o.Insecure = e.url, !e.secure
	if d.Has("insecure") && *insecure == e.secure {
		d.Problem("insecure", "contradicts %s, whose scheme already says it: leave it out", key)
	}
	cure := "write https://"
	if o.GRPC {
		cure += ", or leave insecure out"
	}
	delivery.RequireTLS(s, problem, key, e.url, e.secure, cure)
	return e.secure, own
}

func (o *Options) readTLS(d *setting.Table, env *environ, secure, own bool) {
	problem, here := d.Problem, d.ProblemHere
	f := delivery.ReadTLSFiles(d)
	switch {
	case !f.Empty() && !secure:
		f.Unsecured(d, "write https://")
		return
	case f.Empty() && own && secure:
		f, problem, here = env.files(), env.problem, env.problemHere
	}
	f.Config(problem, here) // as the exporter will read them
	if !f.Empty() {
		o.TLSFiles = f
	}
}

// exposes reports that credentials leave this host without TLS.
func (o *Options) exposes() bool {
	if !delivery.Exposed(o.URL) || !o.GRPC && !strings.HasPrefix(o.URL, "http://") || o.GRPC && !o.Insecure {
		return false
	}
	if o.TokenFile != "" || o.HeadersFile != "" {
		return true
	}
	for name := range o.Headers {
		if delivery.Credential(name) {
			return true
		}
	}
	u, err := url.Parse(o.URL)
	return err == nil && slices.ContainsFunc(slices.Collect(maps.Keys(u.Query())), delivery.Credential)
}

func hasHeader(headers map[string]string, name string) bool {
	for have := range headers {
		if strings.EqualFold(have, name) {
			return true
		}
	}
	return false
}

func readGzip(d *setting.Table, env *environ) bool {
	word := d.Word("none", []string{"none", "gzip"}, "compression")
	return word == "gzip" || !d.Has("compression") && env.gzip()
}

func readProxy(s exporter.Settings, d *setting.Table, grpc bool) *url.URL {
	address := d.Secret("proxy").Reveal() // it may hold a password
	if !d.Has("proxy") {
		return nil
	}
	u, err := url.Parse(address)
	switch {
	case grpc:
		d.Problem("proxy", "gRPC takes its proxy from HTTPS_PROXY in the environment: set it there")
	case err != nil || u.Host == "" || !slices.Contains([]string{"http", "https", "socks5", "socks5h"}, u.Scheme):
		d.Problem("proxy", "want http://HOST:PORT, https://HOST:PORT or socks5://HOST:PORT")
	default:
		if u.User != nil { // all else goes through a tunnel
			delivery.RequireTLS(s, d.Problem, "proxy", u.Scheme+"://"+u.Host, u.Scheme == "https", "write https://, or a proxy without a password")
		}
		return u
	}
	return nil
}

// readHeaders never shows a value.
func readHeaders(d *setting.Table, grpc bool) map[string]string {
	headers := d.StringMap("headers")
	for name, value := range headers {
		if problem := checkHeader(name, value, grpc); problem != "" {
			d.Problem("headers", "%s", problem)
		}
	}
	return headers
}

func checkHeader(name, value string, grpc bool) string {
	switch {
	case !httpguts.ValidHeaderFieldName(name):
		return "a name is not allowed in HTTP: letters, digits and dashes are"
	case !httpguts.ValidHeaderFieldValue(value):
		return "the value of " + name + " holds characters that HTTP doesn't allow, such as a line break"
	case grpc && strings.Trim(strings.ToLower(name), "abcdefghijklmnopqrstuvwxyz0123456789-_.") != "":
		return "the name " + name + " is not allowed in gRPC: letters, digits and - _ . are"
	case grpc && !strings.HasSuffix(strings.ToLower(name), "-bin") && strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' }):
		return "the value of " + name + " holds characters that gRPC doesn't allow: ASCII is, or a name that ends in -bin"
	}
	switch strings.ToLower(name) {
	case "content-type", "content-encoding", "content-length", "transfer-encoding", "connection", "host", "te":
		return name + " is set by the exporter"
	}
	return ""
}

// readFields refuses what no attribute can hold.
func (o *Options) readFields(s exporter.Settings) []error {
	if len(s.Fields) == 0 {
		return nil
	}
	var errs []error
	for _, m := range s.Fields {
		switch m.Source {
		case "attributes", "attrs", "resource", "events", "links":
			errs = append(errs, s.Problem("fields."+m.Source,
				"a whole table can't be an attribute, and OTLP sends it anyway: leave it out, or name one value, such as attributes.KEY"))
		}
	}
	fields, err := encode.CompileFields(s)
	o.Fields = fields
	return append(errs, err)
}
