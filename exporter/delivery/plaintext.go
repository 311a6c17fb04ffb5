package delivery

import (
	"net/netip"
	"net/url"
	"strings"
)

// Exposed reports whether what is sent to an address without TLS can be read on the way: the address
// is SCHEME://HOST:PORT or HOST:PORT, and the host isn't this one.
func Exposed(address string) bool {
	if strings.HasPrefix(address, "unix:") {
		return false
	}
	place := Place(address)
	if !strings.Contains(place, "://") {
		place = "x://" + place
	}
	u, err := url.Parse(place)
	if err != nil {
		return true
	}
	host := u.Hostname()
	if ip, err := netip.ParseAddr(host); err == nil {
		return !ip.IsLoopback()
	}
	return host != "" && host != "localhost" && !strings.HasSuffix(host, ".localhost")
}

// Credential reports whether a header of that name usually holds a secret.
func Credential(header string) bool {
	header = strings.ToLower(header)
	for _, part := range []string{"authorization", "key", "token", "secret", "password", "cookie"} {
		if strings.Contains(header, part) {
			return true
		}
	}
	return false
}
