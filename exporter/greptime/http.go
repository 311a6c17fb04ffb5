package greptime

import (
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/tracehook/tracehook/exporter/delivery"
)

const userAgent = "tracehook-greptime"

// newTraceTransport posts OTLP requests to the trace pipeline.
func newTraceTransport(o *Options) (delivery.Transport, error) {
	base, err := url.Parse(o.URL)
	if err != nil {
		return nil, errBadURL // the parser's own words repeat it
	}
	base.Path = strings.TrimRight(base.Path, "/") + tracesPath
	header := http.Header{}
	header.Set("User-Agent", userAgent)
	header.Set("X-Greptime-Pipeline-Name", "greptime_trace_v1")
	header.Set("X-Greptime-Trace-Table-Name", o.Table)
	header.Set("X-Greptime-Db-Name", o.Database)
	if hints := o.hints(); hints != "" {
		header.Set("X-Greptime-Hints", hints)
	}
	if o.Username != "" {
		header.Set("Authorization", "Basic "+o.basic())
	}
	if o.token != "" {
		header.Set("Authorization", "Bearer "+o.token)
	}
	for name, value := range o.headers {
		header.Set(name, value)
	}
	return delivery.NewHTTP(delivery.HTTPOptions{
		URL: base.String(), Header: header, Gzip: !o.Plain, Secrets: o.secrets(),
		RoundTripper: delivery.NewRoundTripper(o.TLS, nil),
		Failure:      failure, Network: networkHint,
	})
}

var errBadURL = errors.New("the url can't be used: want http, https, grpc or grpcs ://HOST:PORT")

// checkURL never repeats an address, which may hold a password.
func checkURL(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return errBadURL
	}
	if strings.Contains(address, "@") {
		return errors.New("the url contains credentials: they belong in Username and Password")
	}
	switch u.Scheme {
	case "http", "https":
		return nil
	case "grpc", "grpcs":
		if u.Path == "" {
			return nil
		}
	}
	return errBadURL
}

// hints are what GreptimeDB heeds when it creates the table.
func (o *Options) hints() string {
	var hints []string
	if o.rows() {
		hints = append(hints, "append_mode=true")
	}
	if o.TTL != "" {
		hints = append(hints, "ttl="+o.TTL)
	}
	if o.Partitions > 0 {
		hints = append(hints, "trace_table_partitions="+strconv.Itoa(o.Partitions))
	}
	return strings.Join(hints, ",")
}

func (o *Options) basic() string {
	return base64.StdEncoding.EncodeToString([]byte(o.Username + ":" + o.Password.Reveal()))
}

// secrets are every form in which a server could repeat the password.
func (o *Options) secrets() delivery.Secrets {
	var secrets delivery.Secrets
	if password := o.Password.Reveal(); password != "" {
		secrets = append(secrets, o.basic(), url.QueryEscape(password), url.PathEscape(password), strconv.Quote(password), password)
	}
	if o.token != "" {
		secrets = append(secrets, o.token)
	}
	for _, value := range o.headers {
		secrets = append(secrets, value)
	}
	return secrets
}
