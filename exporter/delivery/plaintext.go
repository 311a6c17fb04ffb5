package delivery

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/tracehook/tracehook/exporter"
)

// Exposed reports whether what is sent to an address without TLS can be read on the way: the address
// is SCHEME://HOST:PORT, HOST:PORT or a target of gRPC's, and the host isn't this one. A socket of this
// machine has no way; an empty address stands for a default, which is this machine.
func Exposed(address string) bool {
	scheme, target, isTarget := strings.Cut(address, ":")
	switch strings.ToLower(scheme) {
	case "", "unix", "unix-abstract":
		return false
	case "dns", "passthrough", "xds": // dns://RESOLVER/HOST:PORT
		address = target[strings.LastIndexByte(target, '/')+1:]
	case "ipv4", "ipv6": // ipv4:HOST:PORT,HOST:PORT
		if isTarget {
			return slices.ContainsFunc(strings.Split(target, ","), Exposed)
		}
	}
	place := Place(address)
	if !strings.Contains(place, "://") {
		place = "x://" + place
	}
	u, err := url.Parse(place)
	if err != nil {
		return true
	}
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	if ip, err := netip.ParseAddr(host); err == nil {
		return !ip.IsLoopback()
	}
	return host != "localhost" && !strings.HasSuffix(host, ".localhost")
}

// RequireTLS reports at a key of d, through problem, that spans would go to another host without TLS
// although the connection must have it. Cure says what to write instead.
func RequireTLS(s exporter.Settings, problem func(key, format string, args ...any), key, address string, secure bool, cure string) {
	if s.RequireTLS && !secure && Exposed(address) {
		problem(key, "require_tls: what is sent to %s could be read on the way: %s", Place(address), cure)
	}
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
