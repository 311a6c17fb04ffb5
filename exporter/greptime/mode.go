package greptime

import (
	"cmp"
	"net"
	"strconv"
	"strings"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/delivery"
	"github.com/tracehook/tracehook/setting"
)

// resolve decides between OTLP over HTTP and rows over gRPC, and returns the URL of
// [Options]. A scheme decides; without one, rows are for mapped fields and for whoever names
// the gRPC port.
func (a *address) resolve(s exporter.Settings, d *setting.Table) string {
	fields := len(s.Fields) > 0
	rows := strings.HasPrefix(a.scheme, "grpc") || a.scheme == "" && (fields || a.port == portGRPC)
	switch {
	case fields && !rows:
		d.Problem(a.schemeKey, "%s:// is OTLP, which can't rename columns, and this connection has fields: "+
			"write %s://HOST:%d for GreptimeDB's gRPC port, or leave fields out",
			a.scheme, strings.Replace(a.scheme, "http", "grpc", 1), portGRPC)
	case a.port == portHTTP && rows && fields:
		d.Problem(a.portKey, "fields need GreptimeDB's gRPC port (%d); %d is its HTTP port", portGRPC, portHTTP)
	case a.port == portHTTP && rows:
		d.Problem(a.portKey, "%d is GreptimeDB's HTTP port; gRPC is %d: correct the port, or write http://", portHTTP, portGRPC)
	case a.port == portGRPC && !rows:
		d.Problem(a.portKey, "%d is GreptimeDB's gRPC port; OTLP/HTTP is %d: correct the port, or write grpc://", portGRPC, portHTTP)
	case a.port == portMySQL:
		d.Problem(a.portKey, "%d is GreptimeDB's MySQL port: want %d for OTLP/HTTP or %d for gRPC", portMySQL, portHTTP, portGRPC)
	case a.port == portPostgres:
		d.Problem(a.portKey, "%d is GreptimeDB's PostgreSQL port: want %d for OTLP/HTTP or %d for gRPC", portPostgres, portHTTP, portGRPC)
	}
	secure := a.scheme == "https" || a.scheme == "grpcs"
	switch {
	case a.scheme == "":
		secure = a.secure
	case a.secureKey != "" && a.secure != secure:
		d.Problem(a.secureKey, "contradicts the %s:// in %s: leave one of them out", a.scheme, a.schemeKey)
	}
	scheme, port := "http", portHTTP
	if rows {
		scheme, port = "grpc", portGRPC
	}
	if a.scheme == "https" {
		port = 443 // GreptimeDB itself has no TLS on its HTTP port: this is a proxy or a cloud
	}
	if a.port != 0 {
		port = a.port
	}
	if secure {
		scheme += "s"
	}
	url := scheme + "://" + net.JoinHostPort(a.host, strconv.Itoa(port)) + a.prefix
	delivery.RequireTLS(s, d.Problem, cmp.Or(a.secureKey, a.schemeKey, a.hostKey), url, secure, "set tls = true, or write https:// or grpcs://")
	return url
}
