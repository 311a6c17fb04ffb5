package greptime_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"regexp"
	"strings"
	"sync"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	_ "google.golang.org/grpc/encoding/gzip" // GreptimeDB takes compressed calls
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/tracehook/tracehook/exporter/greptime/internal/wire"
)

// database is a gRPC server that knows GreptimeDB's rules for inserting rows and refuses what
// breaks them. It reads requests by names of fields, so that it works with any descriptor of
// the protocol: ours, or upstream's own.
type database struct {
	tb      testing.TB
	address string
	server  *grpc.Server
	// newRequest makes an empty request of some descriptor.
	newRequest func() proto.Message
	// fail says what happens instead of the answer; nil is nothing.
	fail func(ctx context.Context, kind string) error
	// answer replaces the bytes of an answer; nil is GreptimeDB's own.
	answer func(kind string) []byte
	// Username and password; "" lets everybody in.
	username, password string

	mu       sync.Mutex
	calls    []string
	creates  []string
	hints    []string
	names    []string
	types    map[string]string
	semantic map[string]string
	rows     []map[string]any
	problems []string
}

func newDatabase(tb testing.TB) *database {
	tb.Helper()
	db := &database{tb: tb, newRequest: func() proto.Message { return &wire.GreptimeRequest{} }}
	l, err := (&net.ListenConfig{}).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	db.address = l.Addr().String()
	db.server = grpc.NewServer(grpc.ForceServerCodecV2(bytesCodec{}), grpc.UnknownServiceHandler(db.handle))
	done := make(chan struct{})
	go func() { defer close(done); _ = db.server.Serve(l) }()
	tb.Cleanup(func() { db.server.Stop(); <-done })
	return db
}

// bytesCodec leaves messages as they are.
type bytesCodec struct{}

func (bytesCodec) Name() string { return "proto" }

func (bytesCodec) Marshal(v any) (mem.BufferSlice, error) {
	b, ok := v.(*[]byte)
	if !ok {
		return nil, errors.New("not bytes")
	}
	return mem.BufferSlice{mem.SliceBuffer(*b)}, nil
}

func (bytesCodec) Unmarshal(data mem.BufferSlice, v any) error {
	b, ok := v.(*[]byte)
	if !ok {
		return errors.New("not bytes")
	}
	*b = data.Materialize()
	return nil
}

func (db *database) handle(_ any, stream grpc.ServerStream) error {
	method, _ := grpc.MethodFromServerStream(stream)
	if method != "/greptime.v1.GreptimeDatabase/Handle" {
		return status.Error(codes.Unimplemented, "unknown method "+method)
	}
	var body []byte
	if err := stream.RecvMsg(&body); err != nil {
		return err
	}
	request := db.newRequest()
	if err := proto.Unmarshal(body, request); err != nil {
		return status.Error(codes.InvalidArgument, err.Error())
	}
	kind, rows, err := db.apply(stream.Context(), request.ProtoReflect())
	if err != nil {
		return err
	}
	if db.answer != nil {
		answer := db.answer(kind)
		return stream.SendMsg(&answer)
	}
	answer, err := proto.Marshal(&wire.GreptimeResponse{
		Header:   &wire.ResponseHeader{Status: &wire.Status{}},
		Response: &wire.GreptimeResponse_AffectedRows{AffectedRows: &wire.AffectedRows{Value: uint32(rows)}},
	})
	if err != nil {
		return err
	}
	return stream.SendMsg(&answer)
}

func (db *database) apply(ctx context.Context, m protoreflect.Message) (kind string, rows int, err error) {
	db.mu.Lock()
	defer db.mu.Unlock()
	kind = "rows"
	if sql := get(m, "query", "sql"); sql.IsValid() && sql.String() != "" {
		kind = "sql"
		db.creates = append(db.creates, sql.String())
	}
	db.calls = append(db.calls, kind)
	if db.fail != nil {
		if err := db.fail(ctx, kind); err != nil {
			return kind, 0, err
		}
	}
	if err := db.authorize(m); err != nil {
		return kind, 0, err
	}
	if dbname := get(m, "header", "dbname").String(); dbname != "public" && dbname != "telemetry" {
		return kind, 0, status.Error(codes.NotFound, "Database not found: "+dbname)
	}
	md, _ := metadata.FromIncomingContext(ctx)
	db.hints = md.Get("x-greptime-hints")
	if kind == "sql" {
		return kind, 0, nil
	}
	if len(db.creates) == 0 && !strings.Contains(strings.Join(db.hints, ","), "append_mode=true") {
		db.problems = append(db.problems, "neither CREATE TABLE nor the hint append_mode: rows would replace each other")
	}
	rows, err = db.insert(m)
	if err != nil {
		db.problems = append(db.problems, err.Error())
		return kind, 0, status.Error(codes.InvalidArgument, err.Error())
	}
	return kind, rows, nil
}

func (db *database) authorize(m protoreflect.Message) error {
	if db.username == "" {
		return nil
	}
	basic := get(m, "header", "authorization", "basic")
	switch username := get(basic.Message(), "username").String(); {
	case username == "":
		return status.Error(codes.Unauthenticated, "Not found http or grpc authorization header")
	case username != db.username:
		return status.Error(codes.NotFound, "User not found, username: "+username)
	case get(basic.Message(), "password").String() != db.password:
		return status.Error(codes.Unauthenticated, "Username and password does not match, username: "+username+" password: "+get(basic.Message(), "password").String())
	}
	return nil
}

// insert checks everything that GreptimeDB checks, and remembers the rows.
func (db *database) insert(m protoreflect.Message) (int, error) {
	if unknown := findUnknown(m); unknown != "" {
		return 0, fmt.Errorf("%s has fields that the protocol doesn't know", unknown)
	}
	inserts := get(m, "row_inserts", "inserts").List()
	total := 0
	for i := range inserts.Len() {
		insert := inserts.Get(i).Message()
		table := get(insert, "table_name").String()
		if !regexp.MustCompile(`^[a-zA-Z_:-][a-zA-Z0-9_:\-.@#]*$`).MatchString(table) {
			return 0, fmt.Errorf("invalid table name %q", table)
		}
		if err := db.readSchema(get(insert, "rows", "schema").List()); err != nil {
			return 0, err
		}
		rows := get(insert, "rows", "rows").List()
		for j := range rows.Len() {
			row, err := db.readRow(get(rows.Get(j).Message(), "values").List())
			if err != nil {
				return 0, err
			}
			db.rows = append(db.rows, row)
		}
		total += rows.Len()
	}
	return total, nil
}

func (db *database) readSchema(schema protoreflect.List) error {
	db.names, db.types, db.semantic = nil, map[string]string{}, map[string]string{}
	timestamps := 0
	for i := range schema.Len() {
		c := schema.Get(i).Message()
		name := get(c, "column_name").String()
		if name == "" || db.types[name] != "" {
			return fmt.Errorf("column name %q is empty or there twice", name)
		}
		db.names = append(db.names, name)
		db.types[name] = enumName(c, "datatype")
		db.semantic[name] = enumName(c, "semantic_type")
		if db.semantic[name] == "TIMESTAMP" {
			timestamps++
			if !strings.HasPrefix(db.types[name], "TIMESTAMP_") {
				return fmt.Errorf("the time index %q is a %s", name, db.types[name])
			}
		}
	}
	if timestamps != 1 {
		return fmt.Errorf("expect only one time index, have %d", timestamps)
	}
	return nil
}

func (db *database) readRow(values protoreflect.List) (map[string]any, error) {
	if values.Len() != len(db.names) {
		return nil, fmt.Errorf("column count mismatch, columns: %d, values: %d", len(db.names), values.Len())
	}
	want := map[string]string{
		"BOOLEAN": "bool_value", "INT64": "i64_value", "UINT64": "u64_value", "FLOAT64": "f64_value", "STRING": "string_value",
		"JSON": "string_value", "TIMESTAMP_NANOSECOND": "timestamp_nanosecond_value",
	}
	row := map[string]any{}
	for i, name := range db.names {
		v := values.Get(i).Message()
		set := v.WhichOneof(v.Descriptor().Oneofs().ByName("value_data"))
		if set == nil {
			if db.semantic[name] == "TIMESTAMP" {
				return nil, fmt.Errorf("the time index %q is NULL", name)
			}
			row[name] = nil
			continue
		}
		if got := string(set.Name()); got != want[db.types[name]] {
			return nil, fmt.Errorf("column %q is a %s and has a value in %s", name, db.types[name], got)
		}
		row[name] = v.Get(set).Interface()
		if db.types[name] == "JSON" {
			var value any
			if err := json.Unmarshal([]byte(v.Get(set).String()), &value); err != nil {
				return nil, fmt.Errorf("column %q: invalid JSON: %w", name, err)
			}
			row[name] = value
		}
	}
	return row, nil
}

// get follows names of fields.
func get(m protoreflect.Message, path ...protoreflect.Name) protoreflect.Value {
	var v protoreflect.Value
	for i, name := range path {
		v = m.Get(m.Descriptor().Fields().ByName(name))
		if i < len(path)-1 {
			m = v.Message()
		}
	}
	return v
}

func enumName(m protoreflect.Message, field protoreflect.Name) string {
	f := m.Descriptor().Fields().ByName(field)
	if v := f.Enum().Values().ByNumber(m.Get(f).Enum()); v != nil {
		return string(v.Name())
	}
	return "unknown"
}

func findUnknown(m protoreflect.Message) (in string) {
	if len(m.GetUnknown()) > 0 {
		return string(m.Descriptor().FullName())
	}
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case f.IsList() && f.Message() != nil:
			for i := range v.List().Len() {
				if in == "" {
					in = findUnknown(v.List().Get(i).Message())
				}
			}
		case !f.IsList() && !f.IsMap() && f.Message() != nil:
			in = findUnknown(v.Message())
		}
		return in == ""
	})
	return in
}

// check reports what the database found wrong.
func (db *database) check(tb testing.TB) {
	tb.Helper()
	db.mu.Lock()
	defer db.mu.Unlock()
	for _, p := range db.problems {
		tb.Error(p)
	}
}
