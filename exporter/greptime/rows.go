package greptime

import (
	"fmt"
	"sync"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/tracehook/tracehook/exporter/encode"
	"github.com/tracehook/tracehook/exporter/greptime/internal/wire"
)

// Field numbers of the messages around rows.
const (
	requestRowInserts = 6 // GreptimeRequest.row_inserts
	insertsInsert     = 1 // RowInsertRequests.inserts
	insertRows        = 2 // RowInsertRequest.rows
	rowsRow           = 2 // Rows.rows
)

// rowEncoder makes requests that insert rows. They have no header: who sends them and into
// which database is said when they are sent, so that a spool holds no credentials.
type rowEncoder struct {
	columns *Columns
	schema  []byte // Rows, without rows
	table   []byte // RowInsertRequest, without rows
	writers sync.Pool
}

// rowWriter is the memory for one batch at a time.
type rowWriter struct {
	view    encode.View
	json    encode.Writer
	row     []byte
	rows    []byte
	scratch []byte
}

func newRowEncoder(o *Options) (*rowEncoder, error) {
	schema := &wire.Rows{}
	for i := range o.Columns.list {
		c := &o.Columns.list[i]
		schema.Schema = append(schema.Schema, &wire.ColumnSchema{ColumnName: c.name, Datatype: c.datatype, SemanticType: c.semantic})
	}
	e := &rowEncoder{columns: o.Columns}
	var err error
	if e.schema, err = proto.Marshal(schema); err != nil {
		return nil, fmt.Errorf("columns: %w", err)
	}
	if e.table, err = proto.Marshal(&wire.RowInsertRequest{TableName: o.Table}); err != nil {
		return nil, fmt.Errorf("table: %w", err)
	}
	return e, nil
}

func (e *rowEncoder) encode(spans []sdktrace.ReadOnlySpan) ([]byte, error) {
	w, ok := e.writers.Get().(*rowWriter)
	if !ok {
		w = &rowWriter{}
	}
	defer e.writers.Put(w)
	w.rows = w.rows[:0]
	for _, s := range spans {
		w.view.Read(s)
		w.row = w.row[:0]
		for i := range e.columns.list {
			w.row = e.columns.list[i].value(w, w.row)
		}
		w.rows = protowire.AppendTag(w.rows, rowsRow, protowire.BytesType)
		w.rows = protowire.AppendBytes(w.rows, w.row)
	}
	w.view.Forget()
	return e.wrap(w.rows), nil
}

// wrap puts rows into a request, in memory of its own: a batch outlives the call.
func (e *rowEncoder) wrap(rows []byte) []byte {
	all := len(e.schema) + len(rows)
	insert := len(e.table) + protowire.SizeTag(insertRows) + protowire.SizeBytes(all)
	inserts := protowire.SizeTag(insertsInsert) + protowire.SizeBytes(insert)
	body := make([]byte, 0, protowire.SizeTag(requestRowInserts)+protowire.SizeBytes(inserts))
	body = protowire.AppendTag(body, requestRowInserts, protowire.BytesType)
	body = protowire.AppendVarint(body, uint64(inserts))
	body = protowire.AppendTag(body, insertsInsert, protowire.BytesType)
	body = protowire.AppendVarint(body, uint64(insert))
	body = append(body, e.table...)
	body = protowire.AppendTag(body, insertRows, protowire.BytesType)
	body = protowire.AppendVarint(body, uint64(all))
	body = append(body, e.schema...)
	return append(body, rows...)
}
