// Package dynamodb is the driver for tables of Amazon DynamoDB: the one that the SpirentOrion recorder
// writes, so that both may write into one table, and one that has everything that a span has. It is a
// module of its own, because it needs the AWS SDK; a program adds it with otelbridge.WithDriverSpec:
//
//	bridge, err := otelbridge.New(ctx, cfg, otelbridge.WithDriverSpec("dynamodb", dynamodb.Driver()))
//
// # Settings
//
//	[trace.table]
//	driver = "dynamodb"
//	[trace.table.setting]
//	table = "Traces"
//	schema = "recorder"           # or "otel"
//	region = "eu-central-1"       # the AWS way where it is left out: AWS_REGION, then the profile
//	endpoint = "http://127.0.0.1:8000"  # of another DynamoDB than that of the region
//	profile = ""                  # of ~/.aws/config
//	access_key = "${KEY}"         # with secret_key and perhaps session_token, instead of the AWS way:
//	secret_key = "${SECRET}"      # the environment, the profile, the role of the machine or container
//	create = false                # makes the table if it isn't there, with capacity on demand
//	ttl = "30d"                   # each item gets the time in Unix seconds when it may be removed
//	ttl_attribute = "expires"     # its name; a table that create makes removes such items
//	timeout = "10s"               # of one attempt at a batch
//	max_request_bytes = "4MiB"
//	ca = "ca.pem"                 # with cert, key and server_name, as in package otlp
//	[trace.table.retry]
//	[trace.table.spool]
//
// # Schemas
//
// The key of the table "recorder" is trace_id (N), span_id (N); the numbers are the last 63 bits of the
// ids. An item has parent_id (N, 0 for a root), start and finish (S, RFC 3339), start_unix, finish_unix and
// elapsed (N, seconds with six decimals), process, kind and name (S, left out where they are empty), status
// and error (S, where the status isn't ok), and each attribute of the span by its own name as a text; what
// isn't a text, a number or a boolean is JSON there.
//
// The key of the table "otel" is trace_id (S), span_id (S), in hexadecimal. An item has the fields that a line
// of JSON has, but those without a value, and trace state, scope and dropped counts as well. Attributes are
// a map (M) with the types that they have.
//
// With fields, an item has the key and these fields alone, with the types that they have in JSON. What they
// call trace_id and span_id are the names of the key.
//
// # What DynamoDB can't hold
//
// NaN, the infinities and numbers beyond its range are texts. An attribute without a name, or with the name
// of something else in the item, is called NAME_attribute. An item of more than 400 KB gets its largest texts
// cut, and a text tracehook.cut that names them. Of two spans of one batch that have the same ids, the
// second is refused, and counted as failed: one item would replace the other. Between batches nobody
// notices, as with the recorder.
//
// # Delivery
//
// Spans are written 25 at a time. What DynamoDB leaves unprocessed is sent again with growing pauses,
// without what it has taken. Everything else is package delivery's: retries, the spool, the state of a
// destination. Wrong credentials, a table that isn't there and one with another key let the spans wait.
// Whether that lasts is asked by deleting an item that can't exist: that needs the right that
// writing needs, dynamodb:BatchWriteItem, and no other. With create, DescribeTable, CreateTable and
// UpdateTimeToLive are needed as well. A file of the spool has one item a line, in the form that
// DynamoDB imports from S3.
package dynamodb
