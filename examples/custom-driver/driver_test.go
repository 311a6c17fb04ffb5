package main

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/exportertest"
)

func TestSQLite(t *testing.T) {
	t.Parallel()
	exportertest.RunDriver(t, exportertest.DriverSubject{
		Driver: SQLite(),
		Settings: func(tb testing.TB) exporter.Settings {
			tb.Helper()
			path := filepath.Join(tb.TempDir(), "trace.db")
			return exporter.Settings{Setting: map[string]any{"path": path}}
		},
		Count: func(tb testing.TB, s exporter.Settings) int {
			tb.Helper()
			_, rows := table(tb, s)
			return rows
		},
		Output: func(tb testing.TB, s exporter.Settings) string {
			tb.Helper()
			columns, _ := table(tb, s)
			return strings.Join(columns, " ")
		},
	})
}

// table returns the columns and the number of rows of the database.
func table(tb testing.TB, s exporter.Settings) (columns []string, n int) {
	tb.Helper()
	path, ok := s.Setting["path"].(string)
	if !ok {
		tb.Fatal("no path")
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	rows, err := db.QueryContext(tb.Context(), "SELECT * FROM spans")
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	if columns, err = rows.Columns(); err != nil {
		tb.Fatal(err)
	}
	for rows.Next() {
		n++
	}
	if err := rows.Err(); err != nil {
		tb.Fatal(err)
	}
	return columns, n
}
