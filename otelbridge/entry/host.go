package entry

import (
	"net/http"

	"github.com/tracehook/tracehook/otelbridge/propagators"
)

// HostTransport tells propagators to which host a request goes, and hands it on. It belongs around a
// transport that injects and doesn't say so itself, such as otelhttp's.
type HostTransport struct {
	// Base sends the requests; nil is [http.DefaultTransport].
	Base http.RoundTripper
}

// RoundTrip implements [http.RoundTripper].
func (t HostTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	base := t.Base
	if base == nil {
		base = http.DefaultTransport
	}
	return base.RoundTrip(r.WithContext(propagators.ContextWithHost(r.Context(), r.URL.Host)))
}

// CloseIdleConnections closes those of the base.
func (t HostTransport) CloseIdleConnections() {
	if c, ok := t.Base.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}
