package delivery_test

import (
	"strings"
	"testing"

	"github.com/tracehook/tracehook/exporter/delivery"
	"github.com/tracehook/tracehook/test/otlptest"
)

func TestPlace(t *testing.T) {
	t.Parallel()
	for give, want := range map[string]string{
		"http://h:4318/pl4nted/v1/traces":       "http://h:4318",
		"https://h?key=pl4nted":                 "https://h",
		"https://u:pl4nted@h:1":                 "https://h:1",
		"https://u:pl4n/ted@h:1/x":              "https://h:1",
		"https://[::1]:4318/pl4nted#pl4nted":    "https://[::1]:4318",
		"h:4317":                                "h:4317",
		"h:4318/pl4nted":                        "h:4318",
		"h/pl4nted?next=http://other/pl4nted":   "h",
		"u:pl4nted@h/x://y":                     "h",
		"h/x://y":                               "h",
		"http:/pl4nted":                         "http:",
		"":                                      "",
		`http://h\pl4nted`:                      "http://h",
		"http://h:%pl4nted/":                    "http://h:%pl4nted", // a port, as far as anybody can tell
		"grpc://h:4001/pl4nted/a:b@pl4nted:1/x": "grpc://pl4nted:1",  // as above
	} {
		if got := delivery.Place(give); got != want {
			t.Errorf("%q: got %q, want %q", give, got, want)
		}
	}
}

// A key in the path or the query of an address comes out nowhere, also where the server, or the
// network's own error, repeats it.
func TestHTTPKeepsThePathToItself(t *testing.T) {
	t.Parallel()
	r := otlptest.NewHTTP(t)
	h := newHTTP(t, delivery.HTTPOptions{URL: "http://" + r.Address() + "/pl4nted-t0ken/v1/traces?key=pl4nted-k3y"})
	check := func(what string) {
		t.Helper()
		v := h.Send(t.Context(), request(t))
		if err := v.Result(2); err == nil || strings.Contains(err.Error(), "pl4nted") || v.Outcome != delivery.Delivered && !strings.Contains(err.Error(), "http://"+r.Address()+" ") && !strings.Contains(err.Error(), "http://"+r.Address()+":") {
			t.Errorf("%s: %v", what, err)
		}
	}
	for _, b := range []otlptest.Behavior{
		{Status: 404, Body: "no route to /pl4nted-t0ken/v1/traces?key=pl4nted-k3y", ContentType: "text/plain"},
		{Status: 200, Body: "pl4nted-t0ken", ContentType: "text/html"},
		{Store: true, Reject: 1, Warn: "pl4nted-k3y"},
		{Garbage: true},
		{Reset: true},
	} {
		r.Behave(func(int) otlptest.Behavior { return b })
		check(b.Body)
	}
	r.Down()
	check("refused")
	if _, err := delivery.NewHTTP(delivery.HTTPOptions{URL: "ftp://h/pl4nted"}); err == nil || strings.Contains(err.Error(), "pl4nted") {
		t.Error(err)
	}
}
