package greptime

import (
	"cmp"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/internal/nearest"
)

// address is what the settings say about where a GreptimeDB is and who we are there. Each
// step of reading overwrites what it knows better.
type address struct {
	scheme      string // http, https, grpc or grpcs; "" leaves it to the port and the fields
	host        string
	port        int    // 0 is not said
	portKey     string // who said so
	schemeKey   string
	prefix      string // a path in front of the API
	username    string
	password    exporter.Secret
	database    string
	table       string
	secure      bool
	secureKey   string // "" is not said
	timeout     time.Duration
	databaseKey string
	tableKey    string
	usernameKey string
	passwordKey string
}

// apiPath is where the OTLP endpoints of GreptimeDB begin; tracesPath is the one for traces.
const (
	apiPath    = "/v1/otlp"
	tracesPath = "/v1/otlp/v1/traces"
)

// readURL applies the address in a setting. Its problems never repeat the address, which may
// hold a password.
func (a *address) readURL(d *exporter.Decoder, key string) {
	text := strings.TrimSpace(d.Secret(key).Reveal())
	if text == "" {
		return
	}
	if !strings.Contains(text, "://") {
		text = "greptime://" + text
	}
	u, err := url.Parse(text)
	if err != nil {
		d.Problem(key, "can't be read: want SCHEME://USER:PASSWORD@HOST:PORT/DATABASE/TABLE, with %%XX for special characters in the password")
		return
	}
	if ats := strings.Count(text, "@"); u.Fragment != "" || ats > 1 || ats == 1 && u.User == nil {
		// Part of a password has become a host, a path or a parameter: it must not be shown as one.
		d.Problem(key, "the credentials can't be read: in a user name or password write /, ?, # and @ as %%2F, %%3F, %%23 and %%40")
		return
	}
	switch u.Scheme {
	case "http", "https", "grpc", "grpcs":
		a.scheme, a.schemeKey = u.Scheme, key
	case "greptime", "greptimedb":
	default:
		d.Problem(key, "scheme %q is not known: want http or https for OTLP, grpc or grpcs for rows, or greptime for what the port and the fields say", u.Scheme)
	}
	if host := u.Hostname(); host != "" {
		if net.ParseIP(host) == nil && strings.ContainsAny(host, ": \t\r\n\"'\\/@?#%") || u.Host == host && strings.Contains(host, ":") {
			d.Problem(key, "the host can't be read: want HOST:PORT, or [ADDRESS]:PORT for IPv6")
			return
		}
		a.host = host
	}
	if port := u.Port(); port != "" {
		n, err := strconv.Atoi(port)
		if err != nil || n < 1 || n > 65535 {
			d.Problem(key, "%q is not a port: want 1 to 65535", port)
		} else {
			a.port, a.portKey = n, key
		}
	}
	if u.User != nil {
		a.username, a.usernameKey = u.User.Username(), key
		if password, ok := u.User.Password(); ok {
			a.password, a.passwordKey = exporter.NewSecret(password), key
		}
	}
	a.readPath(d, key, u.Path)
	a.readQuery(d, key, u.Query())
}

// readPath reads /DATABASE/TABLE. The path of the API itself is accepted, too, with what
// stands in front of it: people copy it from GreptimeDB's own manual.
func (a *address) readPath(d *exporter.Decoder, key, path string) {
	if prefix, rest, ok := strings.Cut(path+"/", apiPath+"/"); ok && strings.HasPrefix(a.scheme, "http") {
		if rest = strings.Trim(rest, "/"); rest != "" && rest != "v1/traces" {
			d.Problem(key, "the path goes on after %s: write only the part before it", apiPath)
		}
		a.prefix = strings.TrimRight(prefix, "/")
		return
	}
	parts := strings.Split(strings.Trim(path, "/"), "/")
	if len(parts) > 2 {
		d.Problem(key, "the path has %d parts: want /DATABASE/TABLE", len(parts))
		return
	}
	if parts[0] != "" {
		a.database, a.databaseKey = parts[0], key
	}
	if len(parts) == 2 {
		a.table, a.tableKey = parts[1], key
	}
}

func (a *address) readQuery(d *exporter.Decoder, key string, query url.Values) {
	known := []string{"database", "db", "table", "username", "user", "password", "pass", "timeout", "insecure", "tls"}
	table := make(map[string]any, len(query))
	for name, values := range query {
		table[name] = values[len(values)-1]
	}
	sub := exporter.NewDecoder("", table)
	a.readKeys(sub, known, key)
	for _, err := range joined(sub.Err()) {
		name := err.Key
		switch {
		case strings.HasPrefix(err.Problem, "unknown key"):
			d.Problem(key, "unknown parameter %.64q%s", name, nearest.Hint(name, known))
		default:
			d.Problem(key, "parameter %s: %s", name, err.Problem)
		}
	}
}

// readKeys applies the keys of a table: the settings themselves, or the parameters of a URL,
// for which within is the setting that holds it.
func (a *address) readKeys(d *exporter.Decoder, names []string, within string) {
	where := func(keys ...string) string { return cmp.Or(within, d.Key(keys...)) }
	set := func(into, key *string, keys ...string) {
		if d.Has(keys...) {
			*into, *key = d.String(*into, keys...), where(keys...)
		}
	}
	for _, name := range names {
		switch name {
		case "host":
			a.readHost(d)
		case "port":
			if d.Has("port") {
				a.port, a.portKey = d.Int(a.port, 1, 65535, "port"), "port"
			}
		case "username":
			set(&a.username, &a.usernameKey, "username", "user")
		case "password":
			if d.Has("password", "pass") {
				a.password, a.passwordKey = d.Secret("password", "pass"), where("password", "pass")
			}
		case "database":
			set(&a.database, &a.databaseKey, "db", "database")
		case "table":
			set(&a.table, &a.tableKey, "table")
		case "timeout":
			if d.Has("timeout") {
				if a.timeout = d.Duration(a.timeout, "timeout"); a.timeout == 0 {
					d.Problem("timeout", "want more than 0")
					a.timeout = defaultTimeout
				}
			}
		case "insecure":
			if d.Has("insecure") {
				a.secure, a.secureKey = !d.Bool(!a.secure, "insecure"), where("insecure")
			}
		case "tls":
			if d.Has("tls") {
				a.secure, a.secureKey = d.Bool(a.secure, "tls"), where("tls")
			}
		}
	}
}

func (a *address) readHost(d *exporter.Decoder) {
	if !d.Has("server", "host") {
		return
	}
	key := d.Key("server", "host")
	host := strings.TrimSpace(d.String(a.host, "server", "host"))
	inner := strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	switch {
	case host == "":
		d.Problem(key, "is empty: leave it out for %s", defaultHost)
	case strings.ContainsAny(host, "/@?#"):
		d.Problem(key, "want a host name or an address alone: an address with more belongs in url")
	case net.ParseIP(inner) != nil:
		a.host = inner
	case strings.Contains(host, ":"):
		d.Problem(key, "want a host name or an address alone: write the port as port = N")
	case strings.ContainsAny(host, " \t\r\n\"'\\"):
		d.Problem(key, "%.64q is not a host name", host)
	default:
		a.host = host
	}
}

// joined returns the key errors that a Decoder joined.
func joined(err error) []*exporter.KeyError {
	list, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return nil
	}
	var keys []*exporter.KeyError
	for _, e := range list.Unwrap() {
		if k, isKey := e.(*exporter.KeyError); isKey { //nolint:errorlint // as above
			keys = append(keys, k)
		}
	}
	return keys
}
