package page

import (
	"errors"
	"math"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/tracehook/tracehook/exporter"
)

const (
	// DefaultListen is the address of the page if it isn't told.
	DefaultListen = "127.0.0.1:16600"
	// DefaultMaxBytes bounds the memory of the spans that are kept if it isn't told: 64 MiB.
	DefaultMaxBytes = 64 << 20

	leastBytes    = 64 << 10
	shortestToken = 16
)

// options is what can be set.
type options struct {
	listen   string
	token    exporter.Secret
	maxBytes int64
}

func settings(s exporter.Settings) (options, error) {
	d := s.Table("setting")
	o := options{
		listen:   d.String(DefaultListen, "listen"),
		token:    d.Secret("token"),
		maxBytes: d.Size(DefaultMaxBytes, leastBytes, "max_bytes"),
	}
	if host, _, err := net.SplitHostPort(o.listen); err == nil && s.RequireTLS && !loopback(host) {
		d.Problem("listen", "require_tls: the page has no TLS, and other machines could read what it sends: "+
			"listen on 127.0.0.1, and put a proxy with TLS in front of it")
	}
	for _, p := range o.problems() {
		d.Problem(p.key, "%s", p.text)
	}
	errs := []error{d.Err()}
	for key, isSet := range map[string]bool{"fields": len(s.Fields) > 0, "format": s.Format != "", "json": s.JSON} {
		if isSet {
			errs = append(errs, s.Problem(key, "the page shows spans as they are: leave it out"))
		}
	}
	return o, errors.Join(errs...)
}

// problem is what is wrong with one setting.
type problem struct{ key, text string }

func (o *options) problems() []problem {
	var all []problem
	add := func(key, text string) { all = append(all, problem{key, text}) }
	token := o.token.Reveal()
	host, port, err := net.SplitHostPort(o.listen)
	if err != nil {
		add("listen", `want an address and a port, such as "`+DefaultListen+`"`)
	} else if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		add("listen", "want a port from 0 to "+strconv.Itoa(math.MaxUint16)+" behind the colon; 0 takes a free one")
	} else if token == "" && !loopback(host) {
		add("token", "want a token: whoever reaches "+strconv.Quote(o.listen)+" from another machine can read every span; "+
			`or listen on "`+net.JoinHostPort("127.0.0.1", port)+`"`)
	}
	switch {
	case token == "":
	case len(token) < shortestToken:
		add("token", "want at least "+strconv.Itoa(shortestToken)+" characters, so that it can't be guessed")
	case strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }):
		add("token", "want visible ASCII characters only, because it travels in an HTTP header")
	}
	if o.maxBytes < leastBytes {
		add("max_bytes", "want at least "+strconv.Itoa(leastBytes>>10)+"KB: less holds no trace")
	}
	return all
}

// loopback says whether only the own machine reaches host.
func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

// claim is what two pages can't have both: a port.
func claim(s exporter.Settings) []string {
	o, err := settings(s)
	if err != nil {
		return nil
	}
	if _, port, _ := net.SplitHostPort(o.listen); port == "0" {
		return nil
	}
	return []string{"listen:" + o.listen}
}
