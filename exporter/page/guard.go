package page

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// guard says who may ask. Browsers send requests to a port of the own machine for any page that
// wants it; so names other than localhost are refused on loopback (DNS rebinding), and so are
// requests of other origins.
type guard struct {
	token   string
	cookie  string // its name: cookies of one host are shared by all its ports
	session string // its value: what shows that the token was known, and isn't the token
	open    bool   // other machines reach the page, and may have a name for it
}

func newGuard(o options, addr net.Addr) *guard {
	_, port, _ := net.SplitHostPort(addr.String())
	host, _, _ := net.SplitHostPort(o.listen)
	mac := hmac.New(sha256.New, []byte(o.token.Reveal()))
	mac.Write([]byte("session of the page at " + addr.String()))
	return &guard{token: o.token.Reveal(), cookie: "tracehook_" + port, session: hex.EncodeToString(mac.Sum(nil)), open: !loopback(host)}
}

// refuse says why a request may not be answered, "" if it may.
func (g *guard) refuse(r *http.Request) string {
	if !g.knownHost(r.Host) {
		return "the Host header has to be localhost or an address of this machine: a name could be made to point here by anybody"
	}
	if !sameOrigin(r) {
		return "the request comes from a page of another origin"
	}
	return ""
}

func (g *guard) knownHost(hostport string) bool {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	if loopback(host) || strings.HasSuffix(strings.ToLower(host), ".localhost") {
		return true // browsers never ask a name server for these
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return g.open
	}
	return g.open && host != "" // the token is asked for: a foreign page has no cookie for its own name
}

// sameOrigin says whether a page of ours, the address bar, or no browser at all sent a request.
func sameOrigin(r *http.Request) bool {
	if origin := r.Header.Get("Origin"); origin != "" {
		u, err := url.Parse(origin)
		if err != nil || !strings.EqualFold(u.Host, r.Host) {
			return false
		}
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
		return true
	}
	// A link to the page from elsewhere is fine: nobody else sees the answer.
	return r.Method == http.MethodGet && r.URL.Path == "/" && r.Header.Get("Sec-Fetch-Mode") == "navigate" &&
		r.Header.Get("Sec-Fetch-Dest") == "document"
}

// knows says whether a request shows that its sender knows the token, if there is one.
func (g *guard) knows(r *http.Request) bool {
	if g.token == "" {
		return true
	}
	if said, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		return same(said, g.token)
	}
	c, err := r.Cookie(g.cookie)
	return err == nil && same(c.Value, g.session)
}

func same(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// login gives whoever knows the token a cookie, and sends them to the page.
func (g *guard) login(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(writeTimeout))
	if !same(r.PostFormValue("token"), g.token) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write(loginPage("That is not the token."))
		return
	}
	// Secure would keep it from a page without TLS, which this one is
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // see above
		Name: g.cookie, Value: g.session, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode,
	})
	http.Redirect(w, r, "/", http.StatusSeeOther)
}
