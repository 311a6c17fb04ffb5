package delivery_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/tracehook/tracehook/exporter/delivery"
)

// through returns what becomes of a batch for an address behind a proxy that answers so.
func through(tb testing.TB, address string, answer http.HandlerFunc) delivery.Verdict {
	tb.Helper()
	server := httptest.NewServer(answer)
	tb.Cleanup(server.Close)
	proxy, err := url.Parse(server.URL)
	if err != nil {
		tb.Fatal(err)
	}
	h := newHTTP(tb, delivery.HTTPOptions{URL: address, RoundTripper: delivery.NewRoundTripper(nil, proxy)})
	return h.Send(tb.Context(), request(tb))
}

// A proxy that makes no tunnel says nothing about the batch, which must not be lost for it.
func TestHTTPProxyMakesNoTunnel(t *testing.T) {
	t.Parallel()
	for status, hint := range map[int]string{
		http.StatusBadGateway:         "",
		http.StatusServiceUnavailable: "",
		http.StatusForbidden:          "NO_PROXY",
		http.StatusProxyAuthRequired:  "check user and password in proxy",
	} {
		v := through(t, "https://collector.invalid/v1/traces", func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "from the proxy", status)
		})
		if v.Outcome != delivery.Retry || v.Uncertain {
			t.Errorf("%d: got %v, uncertain %t; want a retry of what didn't arrive", status, v.Outcome, v.Uncertain)
		}
		if text := v.Err.Error(); !strings.Contains(text, fmt.Sprintf("the proxy answered %d", status)) || !strings.Contains(text, hint) {
			t.Errorf("%d: %s", status, text)
		}
	}
}

// For a plain destination the proxy answers in its place.
func TestHTTPProxyWantsCredentials(t *testing.T) {
	t.Parallel()
	v := through(t, "http://collector.invalid/v1/traces", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusProxyAuthRequired)
	})
	if v.Err == nil || !strings.Contains(v.Err.Error(), "check user and password in proxy") {
		t.Errorf("got %v", v.Err)
	}
}
