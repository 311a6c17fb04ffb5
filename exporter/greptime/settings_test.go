package greptime_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/greptime"
	"github.com/tracehook/tracehook/setting"
)

type settingTable = map[string]any

func TestFromSettingsFindsTheAddress(t *testing.T) {
	t.Parallel()
	mapped := seedFields()
	for _, tt := range []struct {
		name    string
		setting settingTable
		fields  []exporter.FieldMapping
		url     string
	}{
		{"nothing", nil, nil, "http://127.0.0.1:4000"},
		{"fields alone", nil, mapped, "grpc://127.0.0.1:4001"},
		{"the framework's manual", settingTable{"host": "127.0.0.1", "port": 4001, "database": "public", "table": "traces"}, mapped, "grpc://127.0.0.1:4001"},
		{"the same without fields", settingTable{"host": "127.0.0.1", "port": int64(4001)}, nil, "grpc://127.0.0.1:4001"},
		{"port from the environment", settingTable{"port": "4001"}, nil, "grpc://127.0.0.1:4001"},
		{"the HTTP port", settingTable{"host": "db", "port": 4000}, nil, "http://db:4000"},
		{"another port", settingTable{"host": "db", "port": 14000}, nil, "http://db:14000"},
		{"another port with fields", settingTable{"host": "db", "port": 14001}, mapped, "grpc://db:14001"},
		{"server beats host", settingTable{"server": "a", "host": "b"}, nil, "http://a:4000"},
		{"an IPv6 address", settingTable{"host": "::1"}, nil, "http://[::1]:4000"},
		{"an IPv6 address in brackets", settingTable{"host": "[::1]"}, nil, "http://[::1]:4000"},
		{"tls", settingTable{"host": "db", "tls": true}, nil, "https://db:4000"},
		{"insecure = false", settingTable{"host": "db", "insecure": false}, mapped, "grpcs://db:4001"},
		{"tls beats insecure", settingTable{"host": "db", "insecure": false, "tls": false}, nil, "http://db:4000"},
		{"http", settingTable{"url": "http://db"}, nil, "http://db:4000"},
		{"https is a proxy's port", settingTable{"url": "https://db.greptime.cloud"}, nil, "https://db.greptime.cloud:443"},
		{"grpc", settingTable{"url": "grpc://db"}, nil, "grpc://db:4001"},
		{"grpcs", settingTable{"url": "grpcs://db"}, nil, "grpcs://db:4001"},
		{"greptime", settingTable{"url": "greptime://db"}, nil, "http://db:4000"},
		{"greptime and fields", settingTable{"url": "greptime://db"}, mapped, "grpc://db:4001"},
		{"greptime and the gRPC port", settingTable{"url": "greptime://db:4001"}, nil, "grpc://db:4001"},
		{"no scheme", settingTable{"url": "db:4001"}, nil, "grpc://db:4001"},
		{"the base of OTLP", settingTable{"url": "http://db:4000/v1/otlp"}, nil, "http://db:4000"},
		{"the address of the manual", settingTable{"url": "http://db:4000/v1/otlp/v1/traces"}, nil, "http://db:4000"},
		{"a proxy's path", settingTable{"url": "https://gate/greptime/v1/otlp/"}, nil, "https://gate:443/greptime"},
		{"dsn beats url", settingTable{"url": "http://a:1", "dsn": "http://b:2"}, nil, "http://b:2"},
		{"dsn fills url", settingTable{"url": "grpc://a", "dsn": "b:14001"}, nil, "grpc://b:14001"},
		{"keys beat both", settingTable{"url": "http://a:1", "dsn": "http://b:2", "host": "c", "port": 3}, nil, "http://c:3"},
		{"tls in the url", settingTable{"url": "greptime://db:4001?tls=true"}, nil, "grpcs://db:4001"},
		{"an empty url", settingTable{"url": "", "dsn": " "}, nil, "http://127.0.0.1:4000"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o, err := greptime.FromSettings(exporter.Settings{Setting: tt.setting, Fields: tt.fields})
			if err != nil || o.URL != tt.url {
				t.Errorf("the address is %q, %v; want %q", o.URL, err, tt.url)
			}
			e, err := greptime.New(t.Context(), o)
			if err != nil {
				t.Fatalf("what was accepted isn't built: %v", err)
			}
			if err := e.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestFromSettingsKnowsWhoAndWhere(t *testing.T) {
	t.Parallel()
	type identity struct{ User, Password, Database, Table string }
	for _, tt := range []struct {
		name    string
		setting settingTable
		want    identity
	}{
		{"defaults", nil, identity{"", "", "public", "traces"}},
		{"keys", settingTable{"username": "u", "password": "p", "database": "d", "table": "t"}, identity{"u", "p", "d", "t"}},
		{"aliases", settingTable{"user": "u", "pass": "p", "db": "d"}, identity{"u", "p", "d", "traces"}},
		{"username and password beat aliases", settingTable{"username": "u", "user": "x", "password": "p", "pass": "x"}, identity{"u", "p", "public", "traces"}},
		{"db beats database", settingTable{"db": "d", "database": "x"}, identity{"", "", "d", "traces"}},
		{"in a url", settingTable{"url": "greptime://u:p%40s%2Fs@db/d/t"}, identity{"u", "p@s/s", "d", "t"}},
		{"parameters beat the path", settingTable{"url": "http://db/d/t?db=e&table=f&user=u&pass=p"}, identity{"u", "p", "e", "f"}},
		{"dsn beats url", settingTable{"url": "http://u:p@db/d/t", "dsn": "http://v:q@db/e"}, identity{"v", "q", "e", "t"}},
		{"keys beat both", settingTable{"url": "http://u:p@db/d/t", "user": "v", "table": "x"}, identity{"v", "p", "d", "x"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o, err := greptime.FromSettings(exporter.Settings{Setting: tt.setting})
			if err != nil {
				t.Fatal(err)
			}
			got := identity{o.Username, o.Password.Reveal(), o.Database, o.Table}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestFromSettingsReadsTheRest(t *testing.T) {
	t.Parallel()
	o, err := greptime.FromSettings(exporter.Settings{
		Setting: settingTable{"url": "http://db?timeout=3", "ttl": "7d", "partitions": 16, "compression": "none"},
		Retry:   map[string]any{"enabled": false, "initial": "1s", "max": "2s", "budget": "3s"},
	})
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprint(o.Timeout, o.TTL, o.Partitions, o.Plain, o.Once, o.Backoff.Initial, o.Backoff.Max, o.Budget)
	if want := fmt.Sprint(3*time.Second, "7d", 16, true, true, time.Second, 2*time.Second, 3*time.Second); got != want {
		t.Errorf("have %s, want %s", got, want)
	}
	if o, err = greptime.FromSettings(exporter.Settings{Setting: settingTable{"url": "http://db?timeout=3s", "timeout": 0.5}}); err != nil || o.Timeout != 500*time.Millisecond {
		t.Errorf("timeout is %v, %v; a key beats the url", o.Timeout, err)
	}
}

// TestCheckRefusesWithASentence has one row for everything that can be wrong. Each problem
// names its key, and no other key is blamed.
func TestCheckRefusesWithASentence(t *testing.T) {
	t.Parallel()
	mapped := seedFields()
	fields := func(pairs ...string) []exporter.FieldMapping {
		var list []exporter.FieldMapping
		for i := 0; i < len(pairs); i += 2 {
			list = append(list, exporter.FieldMapping{Source: pairs[i], Target: pairs[i+1]})
		}
		return list
	}
	for _, tt := range []struct {
		name    string
		setting settingTable
		fields  []exporter.FieldMapping
		key     string
		says    string
	}{
		{"the gRPC port over HTTP", settingTable{"url": "http://db:4001"}, nil, "setting.url", "4001 is GreptimeDB's gRPC port; OTLP/HTTP is 4000"},
		{"the HTTP port over gRPC", settingTable{"url": "grpc://db", "port": 4000}, nil, "setting.port", "4000 is GreptimeDB's HTTP port; gRPC is 4001"},
		{"fields over HTTP", settingTable{"url": "http://db"}, mapped, "setting.url", "grpc://HOST:4001"},
		{"fields over https", settingTable{"dsn": "https://db"}, mapped, "setting.dsn", "grpcs://HOST:4001"},
		{"fields on the HTTP port", settingTable{"port": 4000}, mapped, "setting.port", "fields need GreptimeDB's gRPC port (4001)"},
		{"the MySQL port", settingTable{"port": 4002}, nil, "setting.port", "MySQL"},
		{"the PostgreSQL port", settingTable{"url": "http://db:4003"}, nil, "setting.url", "PostgreSQL"},
		{"port 0", settingTable{"port": 0}, nil, "setting.port", "the least is 1"},
		{"a port that is none", settingTable{"url": "http://db:99999"}, nil, "setting.url", "not a port"},
		{"an unknown scheme", settingTable{"url": "mysql://db"}, nil, "setting.url", `scheme "mysql" is not known`},
		{"a host with a port", settingTable{"host": "db:4001"}, nil, "setting.host", "port = N"},
		{"a host with a scheme", settingTable{"server": "http://db"}, nil, "setting.server", "belongs in url"},
		{"an empty host", settingTable{"host": ""}, nil, "setting.host", "leave it out"},
		{"a host with a space", settingTable{"host": "d b"}, nil, "setting.host", "not a host name"},
		{"a long path", settingTable{"url": "http://db/a/b/c"}, nil, "setting.url", "/DATABASE/TABLE"},
		{"a path behind the API", settingTable{"url": "http://db/v1/otlp/v1/metrics"}, nil, "setting.url", "the path goes on"},
		{"an unknown parameter", settingTable{"url": "http://db?databse=x"}, nil, "setting.url", `did you mean "database"?`},
		{"a wrong parameter", settingTable{"url": "http://db?timeout=soon"}, nil, "setting.url", "parameter timeout"},
		{"a slash in the password", settingTable{"url": "http://u:12/hunter22@db"}, nil, "setting.url", "%2F"},
		{"a question mark in the password", settingTable{"url": "http://u:12?hunter22@db"}, nil, "setting.url", "%3F"},
		{"a number sign in the password", settingTable{"url": "http://u:12#hunter22@db"}, nil, "setting.url", "%23"},
		{"an @ and a slash in the password", settingTable{"url": "http://u:p@ss/hunter22@db"}, nil, "setting.url", "%40"},
		{"nonsense with a password", settingTable{"dsn": "http://u:hunter22@db:x"}, nil, "setting.dsn", "can't be read"},
		{"contradicting tls", settingTable{"url": "http://db", "tls": true}, nil, "setting.tls", "contradicts the http:// in url"},
		{"contradicting insecure", settingTable{"url": "grpcs://db", "insecure": true}, nil, "setting.insecure", "contradicts the grpcs:// in url"},
		{"a table with a space", settingTable{"table": "my traces"}, nil, "setting.table", "no name that GreptimeDB takes"},
		{"a table with a digit first", settingTable{"table": "1traces"}, nil, "setting.table", "a letter or one of"},
		{"an empty table", settingTable{"table": ""}, nil, "setting.table", "the name is empty"},
		{"a table with a line break", settingTable{"table": "traces\r\nX-Evil: 1"}, nil, "setting.table", "no name"},
		{"a long table", settingTable{"table": strings.Repeat("t", 129)}, nil, "setting.table", "at most 128"},
		{"a table in the url", settingTable{"url": "http://db/public/my%20traces"}, nil, "setting.url", "table: "},
		{"a database with a quote", settingTable{"db": `pub"lic`}, nil, "setting.db", "database: "},
		{"a password without a user", settingTable{"password": "hunter22"}, nil, "setting.password", "set username"},
		{"a user with a colon", settingTable{"username": "a:b", "password": "hunter22"}, nil, "setting.username", "colon"},
		{"a password with a line break", settingTable{"username": "a", "pass": "hunter22\n"}, nil, "setting.pass", "line break"},
		{"a user with a line break", settingTable{"user": "a\n"}, nil, "setting.user", "line break"},
		{"a password that is not UTF-8", settingTable{"url": "http://a:%ff@db"}, nil, "setting.url", "UTF-8"},
		{"a ttl without a unit", settingTable{"ttl": "7"}, nil, "setting.ttl", "no time to live"},
		{"a ttl that smuggles a hint", settingTable{"ttl": "7d,append_mode=false"}, nil, "setting.ttl", "no time to live"},
		{"odd partitions", settingTable{"partitions": 6}, nil, "setting.partitions", "power of two"},
		{"partitions of rows", settingTable{"partitions": 4, "port": 4001}, nil, "setting.partitions", "leave it out"},
		{"no timeout", settingTable{"timeout": 0}, nil, "setting.timeout", "not longer than 0"},
		{"an unknown key", settingTable{"tabel": "x"}, nil, "setting.tabel", `did you mean "table"?`},
		{"an unknown compression", settingTable{"compression": "zstd"}, nil, "setting.compression", "gzip, none"},
		{"two fields of one name", nil, fields("trace_id", "id", "span_id", "id"), "fields.span_id", `the name "id" is taken by field "trace_id"`},
		{"a name that the table has", nil, fields("trace_id", "span_id"), "fields.trace_id", `the name "span_id" is taken by a column`},
		{"an added name that the table has", nil, fields("code", "span_id"), "fields.code", `the name "span_id" is taken by a column`},
		{"two fields of one column", nil, fields("name", "a", "span", "b"), "fields.span", `is the same column as "name"`},
		{"an empty name", nil, fields("trace_id", "", "span_id", "sid"), "fields.trace_id", "the column name is empty"},
		{"a name with a quote", nil, fields("trace_id", `t"id`), "fields.trace_id", "quote"},
		{"a name with a control character", nil, fields("trace_id", "t\x00id"), "fields.trace_id", "control character"},
		{"a name with space around", nil, fields("trace_id", " tid"), "fields.trace_id", "begins or ends with space"},
		{"a name that is not UTF-8", nil, fields("trace_id", "\xff"), "fields.trace_id", "UTF-8"},
		{"a long name", nil, fields("trace_id", strings.Repeat("t", 129)), "fields.trace_id", "at most 128"},
		{"GreptimeDB's own name", nil, fields("trace_id", "__sequence"), "fields.trace_id", "GreptimeDB's own"},
		{"an unknown field", nil, fields("trace_idd", "tid"), "fields.trace_idd", `did you mean "trace_id"?`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := exporter.Settings{Setting: tt.setting, Fields: tt.fields}
			err := greptime.Driver().Check(s)
			problems := problemsOf(err)
			if len(problems) != 1 || problems[0].Path != tt.key || !strings.Contains(problems[0].Message, tt.says) {
				t.Errorf("the problems are %v, want one at %s that says %q", err, tt.key, tt.says)
			}
			if err != nil && strings.Contains(err.Error(), "hunter22") {
				t.Errorf("the password is in %v", err)
			}
			if e, err := greptime.Driver().New(t.Context(), s); err == nil {
				t.Errorf("what Check refuses was built: %v", e)
			}
		})
	}
}

// problemsOf unwraps joined errors.
func problemsOf(err error) []setting.Problem {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []setting.Problem
		for _, e := range joined.Unwrap() {
			all = append(all, problemsOf(e)...)
		}
		return all
	}
	if p, ok := errors.AsType[setting.Problem](err); ok {
		return []setting.Problem{p}
	}
	return nil
}

func TestCheckReportsEverythingAtOnce(t *testing.T) {
	t.Parallel()
	err := greptime.Driver().Check(exporter.Settings{
		Connection: "g",
		Setting:    settingTable{"port": 4000, "table": "a b", "ttl": "x", "nonsense": 1},
		Retry:      map[string]any{"budget": "soon"},
		Fields:     []exporter.FieldMapping{{Source: "trace_id", Target: "id"}, {Source: "nope", Target: "id2"}},
		Spool:      map[string]any{"mode": "sometimes"},
	})
	var keys []string
	for _, problem := range problemsOf(err) {
		keys = append(keys, problem.Path)
	}
	slices.Sort(keys)
	want := []string{"fields.nope", "retry.budget", "setting.nonsense", "setting.port", "setting.table", "setting.ttl", "spool.dir", "spool.mode"}
	if diff := cmp.Diff(want, keys); diff != "" {
		t.Errorf("keys (-want +got):\n%s\n%v", diff, err)
	}
}

func TestNewRefusesWhatSettingsWouldRefuse(t *testing.T) {
	t.Parallel()
	columns, err := greptime.CompileColumns(exporter.Settings{Fields: seedFields()})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		give greptime.Options
		want string
	}{
		{"columns over OTLP", greptime.Options{Columns: columns}, "OTLP can't rename columns"},
		{"credentials in the url", greptime.Options{URL: "http://root:hunter22@db:4000"}, "the url contains credentials"},
		{"another scheme", greptime.Options{URL: "mysql://db"}, "the url can't be used"},
		{"no host", greptime.Options{URL: "http://"}, "the url can't be used"},
		{"a path for gRPC", greptime.Options{URL: "grpc://db/x"}, "the url can't be used"},
		{"nonsense with a password", greptime.Options{URL: "http://root:hunter22@db:x"}, "the url can't be used"},
		{"a table", greptime.Options{Table: "a b"}, "table: "},
		{"a database", greptime.Options{Database: "a b"}, "database: "},
		{"a ttl", greptime.Options{TTL: "7"}, "ttl: "},
		{"partitions", greptime.Options{Partitions: 3}, "power of two"},
		{"a password alone", greptime.Options{Password: exporter.NewSecret("hunter22")}, "set username"},
		{"a password that is not UTF-8", greptime.Options{URL: "grpc://db:1", Username: "u", Password: exporter.NewSecret("\xff")}, "not valid UTF-8"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := greptime.New(t.Context(), tt.give)
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "hunter22") {
				t.Errorf("the error is %v, want one that says %q and no password", err, tt.want)
			}
		})
	}
}

func FuzzFromSettings(f *testing.F) {
	for _, seed := range []string{"http://u:hunter22@db:4000/d/t?tls=true", "db:4001", "grpcs://[::1]:1", "http://u:hunter22@%zz", "http://db/v1/otlp?pass=hunter22#x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, address string) {
		for _, fields := range [][]exporter.FieldMapping{nil, seedFields()} {
			o, err := greptime.FromSettings(exporter.Settings{Setting: settingTable{"url": address}, Fields: fields})
			if err != nil {
				if len(problemsOf(err)) == 0 {
					t.Errorf("%q: no key is to blame for %v", address, err)
				}
				continue
			}
			e, err := greptime.New(t.Context(), o)
			if err != nil {
				t.Fatalf("%q was accepted and isn't built: %v", address, err)
			}
			if p := o.Password.Reveal(); len(p) > 7 && strings.Contains(e.String(), p) {
				t.Errorf("%q: the password is in %s", address, e)
			}
			if err := e.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
		}
	})
}
