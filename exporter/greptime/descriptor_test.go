package greptime_test

import (
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/tracehook/tracehook/exporter/greptime/internal/wire"
)

// vector is a request that was made with upstream's own descriptors: one row in a table with
// renamed columns.
const vector = "0a121a080a060a017512017022067075626c696332f4010af1010a0674726163657312e6010a080a027473101218020a090a03746964100c18010a090a" +
	"03736964100c18010a0a0a0470736964100c18010a130a0d6475726174696f6e5f6e616e6f100818010a100a0c736572766963655f6e616d65100c0a150a" +
	"0f7370616e5f61747472696275746573101f1801127a0a0b9801c0df87adf886ce8c180a226a206330356437613465633865316632333166303265643665" +
	"3864613836353562340a126a10643234663932316337356636386532330a000a0440f8c0070a0e6a0c74656c656d6574727967656e0a1b6a197b226e6574" +
	"2e706565722e6970223a22312e322e332e34227d"

func vectorBytes(tb testing.TB) []byte {
	tb.Helper()
	b, err := hex.DecodeString(vector)
	if err != nil || len(b) != 267 {
		tb.Fatalf("the vector has %d bytes, %v", len(b), err)
	}
	return b
}

// vectorRequest is the same request by our own messages.
func vectorRequest() *wire.GreptimeRequest {
	column := func(name string, t wire.ColumnDataType, s wire.SemanticType) *wire.ColumnSchema {
		return &wire.ColumnSchema{ColumnName: name, Datatype: t, SemanticType: s}
	}
	str := func(s string) *wire.Value { return &wire.Value{ValueData: &wire.Value_StringValue{StringValue: s}} }
	const text, field = wire.ColumnDataType_STRING, wire.SemanticType_FIELD
	return &wire.GreptimeRequest{
		Header: &wire.RequestHeader{
			Authorization: &wire.AuthHeader{AuthScheme: &wire.AuthHeader_Basic{Basic: &wire.Basic{Username: "u", Password: "p"}}},
			Dbname:        "public",
		},
		Request: &wire.GreptimeRequest_RowInserts{RowInserts: &wire.RowInsertRequests{Inserts: []*wire.RowInsertRequest{{
			TableName: "traces",
			Rows: &wire.Rows{
				Schema: []*wire.ColumnSchema{
					column("ts", wire.ColumnDataType_TIMESTAMP_NANOSECOND, wire.SemanticType_TIMESTAMP),
					column("tid", text, field), column("sid", text, field), column("psid", text, field),
					column("duration_nano", wire.ColumnDataType_UINT64, field),
					column("service_name", text, wire.SemanticType_TAG),
					column("span_attributes", wire.ColumnDataType_JSON, field),
				},
				Rows: []*wire.Row{{Values: []*wire.Value{
					{ValueData: &wire.Value_TimestampNanosecondValue{TimestampNanosecondValue: 1736480942444376000}},
					str("c05d7a4ec8e1f231f02ed6e8da8655b4"), str("d24f921c75f68e23"),
					{},
					{ValueData: &wire.Value_U64Value{U64Value: 123000}},
					str("telemetrygen"), str(`{"net.peer.ip":"1.2.3.4"}`),
				}}},
			},
		}}}},
	}
}

func TestOurMessagesMakeTheKnownBytes(t *testing.T) {
	t.Parallel()
	got, err := proto.MarshalOptions{Deterministic: true}.Marshal(vectorRequest())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(vector, hex.EncodeToString(got)); diff != "" {
		t.Errorf("bytes (-want +got):\n%s", diff)
	}
	var read wire.GreptimeRequest
	if err := proto.Unmarshal(vectorBytes(t), &read); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(vectorRequest(), &read, protocmp.Transform()); diff != "" {
		t.Errorf("message (-want +got):\n%s", diff)
	}
}

// upstream loads GreptimeDB's own descriptors, which are no part of this repository.
func upstream(tb testing.TB) *protoregistry.Files {
	tb.Helper()
	name := os.Getenv("TRACEHOOK_GREPTIME_DESCRIPTOR")
	if name == "" {
		name = "../../../shared/fixtures/greptime_grpc_desc.bin"
	}
	data, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		tb.Skip("GreptimeDB's descriptor set is not here: set TRACEHOOK_GREPTIME_DESCRIPTOR to src/generated/greptime_grpc_desc.bin of GreptimeTeam/greptime-proto to compare with it")
	}
	if err != nil {
		tb.Fatal(err)
	}
	var set descriptorpb.FileDescriptorSet
	if err := proto.Unmarshal(data, &set); err != nil {
		tb.Fatal(err)
	}
	files, err := protodesc.NewFiles(&set)
	if err != nil {
		tb.Fatal(err)
	}
	return files
}

func upstreamMessage(tb testing.TB, files *protoregistry.Files, name protoreflect.Name) protoreflect.MessageDescriptor {
	tb.Helper()
	d, err := files.FindDescriptorByName(protoreflect.FullName("greptime.v1").Append(name))
	if err != nil {
		tb.Fatal(err)
	}
	m, ok := d.(protoreflect.MessageDescriptor)
	if !ok {
		tb.Fatalf("%s is a %T", name, d)
	}
	return m
}

// TestOurMessagesAreUpstreams compares every message and every field with upstream's.
func TestOurMessagesAreUpstreams(t *testing.T) {
	t.Parallel()
	files := upstream(t)
	messages := wire.File_exporter_greptime_internal_wire_wire_proto.Messages()
	for i := range messages.Len() {
		ours := messages.Get(i)
		theirs := upstreamMessage(t, files, ours.Name())
		for j := range ours.Fields().Len() {
			f := ours.Fields().Get(j)
			g := theirs.Fields().ByName(f.Name())
			if g == nil {
				t.Errorf("%s: upstream has no field of that name", f.FullName())
				continue
			}
			if diff := cmp.Diff(describeField(g), describeField(f)); diff != "" {
				t.Errorf("%s (-upstream +ours):\n%s", f.FullName(), diff)
			}
		}
	}
	enums := wire.File_exporter_greptime_internal_wire_wire_proto.Enums()
	for i := range enums.Len() {
		ours := enums.Get(i)
		d, err := files.FindDescriptorByName(protoreflect.FullName("greptime.v1").Append(ours.Name()))
		if err != nil {
			t.Fatal(err)
		}
		theirs, ok := d.(protoreflect.EnumDescriptor)
		if !ok {
			t.Fatalf("%s is a %T", ours.Name(), d)
		}
		for j := range ours.Values().Len() {
			v := ours.Values().Get(j)
			if w := theirs.Values().ByName(v.Name()); w == nil || w.Number() != v.Number() {
				t.Errorf("%s is %d here and %v upstream", v.Name(), v.Number(), w)
			}
		}
	}
}

func describeField(f protoreflect.FieldDescriptor) map[string]any {
	d := map[string]any{"number": int(f.Number()), "kind": f.Kind().String(), "cardinality": f.Cardinality().String(), "oneof": "", "type": ""}
	if o := f.ContainingOneof(); o != nil {
		d["oneof"] = string(o.Name())
	}
	switch {
	case f.Message() != nil:
		d["type"] = string(f.Message().Name())
	case f.Enum() != nil:
		d["type"] = string(f.Enum().Name())
	}
	return d
}

// TestUpstreamUnderstandsOurRows lets a server with upstream's messages read what the
// exporter sends.
func TestUpstreamUnderstandsOurRows(t *testing.T) {
	t.Parallel()
	files := upstream(t)
	db := newDatabase(t)
	db.newRequest = func() proto.Message { return dynamicpb.NewMessage(upstreamMessage(t, files, "GreptimeRequest")) }
	db.username, db.password = "root", "hunter22"
	s := rowSettings(t, db, map[string]any{"username": "root", "password": "hunter22", "ttl": "7d"})
	s.Fields = append(s.Fields, extraFields()...)
	e := open(t, s)
	if _, err := resultOf(t, e, telemetrygen(t)); err != nil {
		t.Fatal(err)
	}
	db.check(t)
	if diff := cmp.Diff([]string{"append_mode=true,ttl=7d"}, db.hints); diff != "" {
		t.Errorf("hints (-want +got):\n%s", diff)
	}
	if len(db.rows) != 4 || !slices.Contains(db.names, "code") || db.rows[0]["tid"] != "c05d7a4ec8e1f231f02ed6e8da8655b4" {
		t.Errorf("the rows are %v of %v", db.rows, db.names)
	}
}

// TestVectorIsUpstreams keeps the vector honest.
func TestVectorIsUpstreams(t *testing.T) {
	t.Parallel()
	files := upstream(t)
	theirs := dynamicpb.NewMessage(upstreamMessage(t, files, "GreptimeRequest"))
	if err := proto.Unmarshal(vectorBytes(t), theirs); err != nil {
		t.Fatal(err)
	}
	if unknown := findUnknown(theirs); unknown != "" {
		t.Errorf("%s has unknown fields", unknown)
	}
	db := newDatabase(t)
	if n, err := db.insert(theirs); n != 1 || err != nil {
		t.Errorf("%d rows, %v", n, err)
	}
}
