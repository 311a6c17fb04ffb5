package main

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"sync/atomic"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	_ "modernc.org/sqlite" // the database driver "sqlite"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/encode"
)

// SQLite returns the driver: a table spans with a column for each field, in the file at path.
func SQLite() exporter.Driver {
	return exporter.Driver{
		New: open,
		Check: func(s exporter.Settings) error {
			_, _, err := read(s)
			return err
		},
		Claims: func(s exporter.Settings) []string {
			path, _, _ := read(s)
			return []string{"sqlite:" + path}
		},
	}
}

// read returns what the settings say, or everything that is wrong with them.
func read(s exporter.Settings) (path string, fields *encode.Fields, err error) {
	table := s.Table("setting")
	path = table.String("trace.db", "path")
	fields, err = encode.CompileFields(s)
	errs := []error{err, table.Err()}
	for key, isSet := range map[string]bool{"format": s.Format != "", "json": s.JSON} {
		if isSet {
			errs = append(errs, s.Problem(key, "a table has no lines: select columns with fields"))
		}
	}
	return path, fields, errors.Join(errs...)
}

type sqlite struct {
	db       *sql.DB
	fields   []encode.Field
	insert   string
	shutdown atomic.Bool
}

func open(ctx context.Context, s exporter.Settings) (sdktrace.SpanExporter, error) {
	path, fields, err := read(s)
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		return nil, err
	}
	var names, marks string
	for _, f := range fields.List() {
		names, marks = names+`, "`+strings.ReplaceAll(f.Name, `"`, `""`)+`"`, marks+", ?"
	}
	if _, err := db.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS spans ("+names[2:]+")"); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &sqlite{db: db, fields: fields.List(), insert: "INSERT INTO spans (" + names[2:] + ") VALUES (" + marks[2:] + ")"}, nil
}

// ExportSpans writes all spans in one transaction, or none.
func (e *sqlite) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	if e.shutdown.Load() || len(spans) == 0 {
		return nil
	}
	tx, err := e.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	view, writer := new(encode.View), new(encode.Writer)
	for _, s := range spans {
		view.Read(s)
		row := make([]any, len(e.fields))
		for i := range e.fields {
			row[i] = string(writer.AppendText(nil, view, e.fields[i].Value(view)))
		}
		if _, err := tx.ExecContext(ctx, e.insert, row...); err != nil {
			return errors.Join(err, tx.Rollback())
		}
	}
	return tx.Commit()
}

// Shutdown closes the database, which may be closed twice.
func (e *sqlite) Shutdown(context.Context) error {
	e.shutdown.Store(true)
	return e.db.Close()
}
