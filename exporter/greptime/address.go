package greptime

import (
	"cmp"
	"errors"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/delivery"
	"github.com/tracehook/tracehook/setting"
)

// address is what the settings say about where a GreptimeDB is and who we are there. Each
// step of reading overwrites what it knows better.
type address struct {
	scheme      string // http, https, grpc or grpcs; "" leaves it to the port and the fields
	host        string
	hostKey     string
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
func (a *address) readURL(d *setting.Table, key string) {
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
		a.host, a.hostKey = host, key
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
func (a *address) readPath(d *setting.Table, key, path string) {
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

func (a *address) readQuery(d *setting.Table, key string, query url.Values) {
	values := make(map[string]any, len(query))
	for name, all := range query {
		values[name] = all[len(all)-1]
	}
	var source *setting.Source
	parameters := source.Table("", values)
	a.readKeys(parameters, key)
	problems, _ := errors.AsType[setting.Problems](parameters.Err())
	for _, p := range problems {
		d.Problem(key, "parameter %.64s: %s", p.Path, p.Message)
	}
}

// readKeys applies the keys that the settings and the parameters of a URL have in common. Within
// is the setting that holds the URL, or empty.
func (a *address) readKeys(d *setting.Table, within string) {
	text := func(into, key *string, names ...string) {
		*into = d.String(*into, names...)
		if d.Has(names...) {
			*key = cmp.Or(within, d.Name(names...))
		}
	}
	text(&a.username, &a.usernameKey, "username", "user")
	text(&a.database, &a.databaseKey, "db", "database")
	text(&a.table, &a.tableKey, "table")
	if password := d.Secret("password", "pass"); d.Has("password", "pass") {
		a.password, a.passwordKey = password, cmp.Or(within, d.Name("password", "pass"))
	}
	a.timeout = d.DurationIn(a.timeout, delivery.Timeouts(), "timeout")
	if insecure := d.OptionalBool("insecure"); insecure != nil {
		a.secure, a.secureKey = !*insecure, cmp.Or(within, "insecure")
	}
	if secure := d.OptionalBool("tls"); secure != nil {
		a.secure, a.secureKey = *secure, cmp.Or(within, "tls")
	}
}

// readHostAndPort applies the keys that only the settings have.
func (a *address) readHostAndPort(d *setting.Table) {
	if a.port = d.Int(a.port, 1, 65535, "port"); d.Has("port") {
		a.portKey = "port"
	}
	host := strings.TrimSpace(d.String(a.host, "server", "host"))
	if !d.Has("server", "host") {
		return
	}
	key := d.Name("server", "host")
	a.hostKey = key
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
