package page_test

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/tracehook/tracehook/exporter/exportertest"
	"github.com/tracehook/tracehook/exporter/page"
)

// A page in the browser that is not ours can make it send any request to any name and port.
func TestForeignPagesAreRefused(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.export(exportertest.Spans()...)
	own := strings.TrimSuffix(s.Address(), "/")
	host := strings.TrimPrefix(own, "http://")
	_, port, _ := strings.Cut(host, ":")
	for _, c := range []struct {
		name    string
		headers []string
		ok      bool
	}{
		{"curl", nil, true},
		{"localhost", []string{"Host", "localhost:" + port}, true},
		{"LOCALHOST without a port", []string{"Host", "LOCALHOST"}, true},
		{"a name below localhost", []string{"Host", "shop.localhost:" + port}, true},
		{"another port, as behind a tunnel", []string{"Host", "127.0.0.1:8080"}, true},
		{"another loopback address", []string{"Host", "127.1.2.3:" + port}, true},
		{"IPv6", []string{"Host", "[::1]:" + port}, true},
		{"the page itself", []string{"Origin", own, "Sec-Fetch-Site", "same-origin"}, true},
		{"the address bar", []string{"Sec-Fetch-Site", "none", "Sec-Fetch-Mode", "navigate"}, true},

		{"a name that points here", []string{"Host", "evil.example:" + port}, false},
		{"a name that contains localhost", []string{"Host", "localhost.evil.example:" + port}, false},
		{"a name that ends in localhost", []string{"Host", "evillocalhost:" + port}, false},
		{"a name that looks like an address", []string{"Host", "127.0.0.1.nip.io:" + port}, false},
		{"0.0.0.0", []string{"Host", "0.0.0.0:" + port}, false},
		{"an address in the network", []string{"Host", "192.168.1.5:" + port}, false},
		{"the metadata address", []string{"Host", "169.254.169.254"}, false},
		{"a number", []string{"Host", "2130706433:" + port}, false},
		{"another origin", []string{"Origin", "https://evil.example"}, false},
		{"another port of this machine", []string{"Origin", "http://127.0.0.1:1"}, false},
		{"a sandboxed frame", []string{"Origin", "null"}, false},
		{"an origin with this host as user", []string{"Origin", "http://" + host + "@evil.example"}, false},
		{"a script or image elsewhere", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors"}, false},
		{"a page on another port", []string{"Sec-Fetch-Site", "same-site", "Sec-Fetch-Mode", "cors"}, false},
		{"a link to an answer", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"}, false},
	} {
		for _, path := range []string{"/api/spans", "/api/traces", "/api/connections", "/api/nothing"} {
			answer, body := s.ask(http.MethodGet, path, c.headers...)
			if refused := answer.StatusCode == http.StatusForbidden; refused == c.ok {
				t.Errorf("%s asks for %s: %s %s", c.name, path, answer.Status, body)
			}
			if !c.ok && strings.Contains(body, "SELECT") {
				t.Errorf("%s gets %q", c.name, body)
			}
		}
	}
	link := []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"}
	if answer, _ := s.ask(http.MethodGet, "/", link...); answer.StatusCode != http.StatusOK {
		t.Errorf("a link to the page: %s", answer.Status)
	}
	link[5] = "iframe"
	if answer, _ := s.ask(http.MethodGet, "/", link...); answer.StatusCode != http.StatusForbidden {
		t.Errorf("a frame with the page: %s", answer.Status)
	}
	if answer, _ := s.ask(http.MethodPost, "/login"); answer.StatusCode == http.StatusSeeOther {
		t.Error("one can log in where there is no token")
	}
}

const token = "correct horse battery"

func TestToken(t *testing.T) {
	t.Parallel()
	token := strings.ReplaceAll(token, " ", "-")
	s := serve(t, page.WithListen("0.0.0.0:0"), page.WithToken(token))
	s.export(exportertest.Spans()...)
	status := func(path string, headers ...string) int {
		t.Helper()
		answer, body := s.ask(http.MethodGet, path, headers...)
		if answer.StatusCode != http.StatusOK && strings.Contains(body, "SELECT") {
			t.Errorf("%s with %q gives %q", path, headers, body)
		}
		if strings.Contains(body, token) {
			t.Errorf("%s shows the token", path)
		}
		return answer.StatusCode
	}
	for _, path := range []string{"/", "/api/spans", "/api/events", "/api/traces", "/api/connections", "/api/nothing", "/nothing"} {
		for _, headers := range [][]string{
			nil,
			{"Authorization", "Bearer"},
			{"Authorization", "Bearer wrong"},
			{"Authorization", token},
			{"Cookie", "tracehook_1=" + token},
			{"Host", "192.168.1.5:16600"},
			{"Host", "dev.internal:16600"},
		} {
			if got := status(path, headers...); got != http.StatusUnauthorized {
				t.Errorf("%s with %q: %d", path, headers, got)
			}
		}
	}
	for _, headers := range [][]string{nil, {"Host", "192.168.1.5:16600"}, {"Host", "dev.internal:16600"}} {
		if got := status("/api/spans", append(headers, "Authorization", "Bearer "+token)...); got != http.StatusOK {
			t.Errorf("with the token and %q: %d", headers, got)
		}
	}

	login := func(token string, headers ...string) response {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.Address()+"login",
			strings.NewReader(url.Values{"token": {token}}.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if headers != nil {
			r.Header.Set(headers[0], headers[1])
		}
		answer, err := s.client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		return response{answer.StatusCode, answer.Status, answer.Header}
	}
	if got := login("wrong").StatusCode; got != http.StatusForbidden {
		t.Errorf("login with a wrong token: %d", got)
	}
	if got := login(token, "Origin", "https://evil.example").StatusCode; got != http.StatusForbidden {
		t.Errorf("login from elsewhere: %d", got)
	}
	answer := login(token)
	cookies := (&http.Response{Header: answer.Header}).Cookies()
	if answer.StatusCode != http.StatusSeeOther || answer.Header.Get("Location") != "/" || len(cookies) != 1 {
		t.Fatalf("login: %s, %v", answer.Status, answer.Header)
	}
	c := cookies[0]
	if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || strings.Contains(c.Value, token) {
		t.Errorf("cookie %v", c)
	}
	if got := status("/api/spans", "Cookie", c.Name+"="+c.Value); got != http.StatusOK {
		t.Errorf("with the cookie: %d", got)
	}
	if got := status("/api/spans", "Cookie", c.Name+"="+c.Value[:len(c.Value)-1]+"x"); got != http.StatusUnauthorized {
		t.Errorf("with a wrong cookie: %d", got)
	}
	if strings.Contains(s.Address(), token) {
		t.Errorf("the address is %s", s.Address())
	}
}

// What every answer says, whatever it is.
func TestEveryAnswerIsGuarded(t *testing.T) {
	t.Parallel()
	s := serve(t)
	for _, path := range []string{"/", "/api/spans", "/api/spans?query=)", "/api/traces", "/api/connections", "/nothing", "/api/nothing"} {
		answer, _ := s.ask(http.MethodGet, path)
		for header, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer",
			"Cross-Origin-Resource-Policy": "same-origin", "Cache-Control": "no-store",
		} {
			if got := answer.Header.Get(header); got != want {
				t.Errorf("%s: %s is %q, want %q", path, header, got, want)
			}
		}
		policy := answer.Header.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "connect-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "require-trusted-types-for 'script'"} {
			if !strings.Contains(policy, want) {
				t.Errorf("%s: the policy lacks %s: %s", path, want, policy)
			}
		}
		if strings.Contains(policy, "unsafe") || answer.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: %v", path, answer.Header)
		}
	}
}

// The page is one document, small, that names nobody else.
func TestDocument(t *testing.T) {
	t.Parallel()
	s := serve(t)
	answer, body := s.ask(http.MethodGet, "/")
	if len(body) >= 60_000 {
		t.Errorf("it has %d bytes, want less than 60,000", len(body))
	}
	for _, bad := range []string{"innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(", "new Function", "src=\"http", "@import", "//cdn", " onclick="} {
		if strings.Contains(body, bad) {
			t.Errorf("it has %s", bad)
		}
	}
	_, rest, _ := strings.Cut(body, "<script>")
	script, _, ok := strings.Cut(rest, "</script>")
	sum := sha256.Sum256([]byte(script))
	if want := "script-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; !ok || !strings.Contains(answer.Header.Get("Content-Security-Policy"), want) {
		t.Errorf("the policy doesn't allow the script of the page")
	}
	if strings.Count(body, "<script") != 1 || strings.Count(body, "<style") != 1 {
		t.Error("want one script and one style sheet")
	}
}
