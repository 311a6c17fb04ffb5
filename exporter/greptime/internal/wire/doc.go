// Package wire has the messages of GreptimeDB's gRPC protocol that inserting rows needs.
package wire

//go:generate protoc --proto_path=../../../.. --go_out=../../../.. --go_opt=paths=source_relative exporter/greptime/internal/wire/wire.proto
