package greptime

import (
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/delivery"
	"github.com/tracehook/tracehook/setting"
)

// FromSettings turns the configuration of a connection into Options, or returns everything that is wrong
// with it, each problem a [setting.Problem].
func FromSettings(s exporter.Settings) (Options, error) {
	d := s.Table("setting")
	a := address{
		host: defaultHost, database: defaultDatabase, table: defaultTable, timeout: defaultTimeout,
		databaseKey: "database", tableKey: "table",
	}
	a.readURL(d, "url")
	a.readURL(d, "dsn")
	a.readHostAndPort(d)
	a.readKeys(d, "")
	a.check(d)

	o := Options{
		URL: a.resolve(s, d), Username: a.username, Password: a.password,
		Database: a.database, Table: a.table, Timeout: a.timeout,
		Logger: s.Logger, SplitServices: s.SplitServices,
	}
	o.Plain = d.Word("gzip", []string{"gzip", "none"}, "compression") == "none"
	o.MaxRequestBytes = delivery.ReadMaxBytes(d)
	o.TTL = d.String("", "ttl")
	if err := checkTTL(o.TTL); err != nil {
		d.Problem("ttl", "%v", err)
	}
	o.Partitions = d.Int(0, 0, 1<<16, "partitions")
	if err := checkPartitions(o.Partitions); err != nil {
		d.Problem("partitions", "%v", err)
	}
	if o.rows() && d.Has("partitions") {
		d.Problem("partitions", "only the table of OTLP/HTTP is partitioned: leave it out")
	}
	retry, retryErr := delivery.ReadRetry(s)
	o.Backoff, o.Budget, o.Once = retry.Backoff, retry.Budget, retry.Once
	o.meant = d.Has("insecure")
	delivery.CheckSecretFiles(d, &o.TokenFile, &o.HeadersFile)
	if o.TokenFile != "" && o.Username != "" {
		d.Problem("token_file", "there is a user, too: leave one of them out")
	}
	o.readTLS(d)
	return o, errors.Join(d.Err(), retryErr, o.readColumns(s))
}

func (o *Options) rows() bool { return strings.HasPrefix(o.URL, "grpc") }

// check reports names and credentials that can't work.
func (a *address) check(d *setting.Table) {
	if err := checkDatabase(a.database); err != nil {
		d.Problem(a.databaseKey, "database: %v", err)
	}
	if err := checkTable(a.table); err != nil {
		d.Problem(a.tableKey, "table: %v", err)
	}
	if problem := checkUsername(a.username); problem != "" {
		d.Problem(a.usernameKey, "%s", problem)
	}
	if problem := checkPassword(a.username, a.password); problem != "" {
		d.Problem(a.passwordKey, "%s", problem)
	}
}

func checkUsername(username string) string {
	switch {
	case strings.Contains(username, ":"):
		return "a user name can't hold a colon: HTTP's basic authentication ends it there"
	case !printable(username):
		return "the user name holds a line break or is not valid UTF-8: look at the end of the file or the variable that it comes from"
	}
	return ""
}

func checkPassword(username string, password exporter.Secret) string {
	switch {
	case username == "" && password.Reveal() != "":
		return "there is a password, but no user: set username"
	case !printable(password.Reveal()):
		return "the password holds a line break or is not valid UTF-8: look at the end of the file or the variable that it comes from"
	}
	return ""
}

func printable(s string) bool { return utf8.ValidString(s) && !strings.ContainsAny(s, "\r\n\x00") }

func (o *Options) readTLS(d *setting.Table) {
	f := delivery.ReadTLSFiles(d)
	if !f.Empty() && !strings.HasPrefix(o.URL, "https") && !strings.HasPrefix(o.URL, "grpcs") {
		f.Unsecured(d, "write https:// or grpcs://, or set tls = true")
		return
	}
	f.Config(d.Problem, d.ProblemHere) // as the exporter will read them
	if !f.Empty() {
		o.TLSFiles = f
	}
}
