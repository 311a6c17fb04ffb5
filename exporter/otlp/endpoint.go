package otlp

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/tracehook/tracehook/exporter/delivery"
)

// tracesPath is where OTLP/HTTP receivers take traces, relative to their base.
const tracesPath = "/v1/traces"

// endpoint is where a connection sends to, checked.
type endpoint struct {
	url    string // HTTP: complete; gRPC: the target of the channel
	secure bool
}

// httpEndpoint reads an address for OTLP/HTTP. A base (the setting "endpoint",
// OTEL_EXPORTER_OTLP_ENDPOINT) gets /v1/traces appended, unless it ends in that already; the
// others ("url", OTEL_EXPORTER_OTLP_TRACES_ENDPOINT) are used as they are, and without a path
// mean the root.
func httpEndpoint(address string, base bool) (endpoint, error) {
	u, err := parseURL(address)
	if err != nil {
		return endpoint{}, err
	}
	switch u.Scheme {
	case "http", "https":
	case "grpc":
		return endpoint{}, fmt.Errorf("%q: gRPC needs protocol = \"grpc\" and http:// or https://", delivery.Place(address))
	default:
		return endpoint{}, fmt.Errorf("%q: want http:// or https://", delivery.Place(address))
	}
	if base && !strings.HasSuffix(strings.TrimRight(u.Path, "/"), tracesPath) {
		u = u.JoinPath(tracesPath)
	}
	if u.Path == "" {
		u.Path = "/"
	}
	return endpoint{url: u.String(), secure: u.Scheme == "https"}, nil
}

// grpcEndpoint reads an address for OTLP/gRPC: http://, https://, or what gRPC itself
// understands, such as HOST:PORT, dns:///HOST:PORT and unix:PATH. Without http or https the
// channel is secured unless insecure says otherwise.
func grpcEndpoint(address string, insecure *bool) (endpoint, error) {
	if host, port, err := net.SplitHostPort(address); err == nil && host != "" && isPort(port) && !strings.ContainsAny(host, "/@") {
		return endpoint{url: address, secure: insecure == nil || !*insecure}, nil
	}
	if path, ok := strings.CutPrefix(address, "unix:"); ok && path != "" {
		return endpoint{url: address}, nil
	}
	u, err := parseURL(address)
	if err != nil {
		return endpoint{}, err
	}
	switch u.Scheme {
	case "http", "https":
		if strings.Trim(u.Path, "/") != "" {
			return endpoint{}, fmt.Errorf("%q: gRPC has no path: write %s://%s, or drop protocol = \"grpc\"", delivery.Place(address), u.Scheme, u.Host)
		}
		host := u.Host
		if u.Port() == "" {
			host = net.JoinHostPort(u.Hostname(), map[string]string{"http": "80", "https": "443"}[u.Scheme])
		}
		return endpoint{url: host, secure: u.Scheme == "https"}, nil
	case "dns", "passthrough", "xds", "ipv4", "ipv6":
		return endpoint{url: address, secure: insecure == nil || !*insecure}, nil
	default:
		return endpoint{}, fmt.Errorf("%q: want http://HOST:PORT, https://HOST:PORT or HOST:PORT", delivery.Place(address))
	}
}

// parseURL never repeats what may be a key: the path, the query, credentials.
func parseURL(address string) (*url.URL, error) {
	if strings.Contains(address, "@") {
		return nil, errors.New("the address contains credentials: send them in headers, for instance authorization = \"Bearer ${TOKEN}\"")
	}
	place := delivery.Place(address)
	if !strings.Contains(address, ":/") {
		return nil, fmt.Errorf("%q has no scheme: write http://%s or https://%s", place, place, place)
	}
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("%q can't be parsed as a URL", place)
	}
	if u.Fragment != "" {
		return nil, fmt.Errorf("%q: a fragment (#) means nothing here", place)
	}
	if u.Host == "" && (u.Scheme == "http" || u.Scheme == "https") {
		return nil, fmt.Errorf("%q names no host", place)
	}
	if port := u.Port(); port != "" {
		if !isPort(port) {
			return nil, fmt.Errorf("%q: %s is not a port", place, port)
		}
	}
	return u, nil
}

func isPort(port string) bool {
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && n > 0
}
