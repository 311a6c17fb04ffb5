package greptime_test

import (
	"os"
	"strings"
	"testing"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/greptime"
)

// TestTheManualHasEveryColumnAndKey finds what was added and not documented.
func TestTheManualHasEveryColumnAndKey(t *testing.T) {
	t.Parallel()
	manual, err := os.ReadFile("../../docs/greptime.md")
	if err != nil {
		t.Fatal(err)
	}
	columns, err := greptime.CompileColumns(exporter.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(
		columns.Names(),
		"url", "dsn", "host", "server", "username", "user", "password", "pass", "database", "db", "table", "timeout", "tls", "insecure", "partitions", "ca", "cert", "key", "server_name",
	) {
		if !strings.Contains(string(manual), "`"+name+"`") {
			t.Errorf("docs/greptime.md says nothing about %s", name)
		}
	}
}
