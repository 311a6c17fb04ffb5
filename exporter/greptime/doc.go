// Package greptime is the driver for GreptimeDB.
//
// There are two ways to it. Over OTLP/HTTP (port 4000) spans go through GreptimeDB's own trace
// pipeline, greptime_trace_v1, which makes the table with a column for each attribute, its
// partitions and indexes, and what its Jaeger API and trace views need. Columns can't be
// renamed there. Over gRPC (port 4001) spans are inserted as rows into a table whose columns
// are ours to name: those of the trace pipeline, with the attributes as JSON columns, renamed
// and added to by the connection's fields ([CompileColumns]). That table is for SQL.
//
// Start with [Driver], or with [New] where there is no configuration file.
//
// # Settings
//
//	[trace.greptime]
//	driver = "greptime"
//	fields = { trace_id = "tid", timestamp = "ts" }   # optional: rows with renamed columns
//	[trace.greptime.setting]
//	url = "http://user:${PASSWORD}@127.0.0.1:4000/public/traces"
//	dsn = ""                   # beats url; what follows beats both
//	host = "127.0.0.1"         # or server
//	port = 4000                # 4000 is OTLP, 4001 is gRPC
//	username = "root"          # or user
//	password = "${PASSWORD}"   # or pass
//	database = "public"        # or db
//	table = "traces"
//	timeout = "5s"             # of one request
//	tls = false                # or insecure = true
//	ca = "ca.pem"              # who may have signed the server's certificate
//	cert = "client.pem"        # for mutual TLS, together with
//	key = "client-key.pem"
//	server_name = "db.internal" # the name in the server's certificate
//	compression = "gzip"       # or "none"
//	ttl = "30d"                # of a table that is made for us
//	partitions = 16            # of such a table, OTLP only
//	[trace.greptime.retry]
//	enabled = true
//	initial = "200ms"
//	max = "30s"
//	budget = "30s"             # of one batch; 2s where there is a spool
//
// # Which way
//
// A scheme decides: http and https are OTLP, grpc and grpcs are rows. Without one (or with
// greptime://), rows are for connections that have fields and for those that name port 4001;
// all others are OTLP. Combinations that can't work, such as fields over http:// or http://
// with port 4001, are refused at load. A URL without a port means 4000 or 4001; https means
// 443, since only a proxy or a cloud has TLS in front of GreptimeDB's HTTP API.
//
// # Delivery
//
// Batches are retried by package delivery and spooled by package spool. GreptimeDB's tables of spans only
// grow, so that a batch whose answer was lost and that is sent again is there twice
// ([delivery.Exporter.Resent]); a write of rows that exceeds its deadline is therefore repeated at most
// once before it goes to the spool, or is lost. Spans that GreptimeDB rejects are counted with its reason;
// they are not sent again. Spans without a start, or with one that 63 bits of nanoseconds can't hold, are
// not sent; an end before the start is sent as the start.
package greptime
