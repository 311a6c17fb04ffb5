// Package otlp is the driver for OTLP destinations: a Collector, Jaeger, Tempo, any vendor.
//
// Package encode writes spans as OTLP in one pass. Package delivery sends them over OTLP/HTTP
// (protobuf, the default, or JSON) or OTLP/gRPC and retries what is worth retrying. If the
// connection has a spool, what can't be delivered is kept on disk until the destination
// answers.
//
// # Settings
//
//	[trace.collector]
//	driver = "otlp"
//	[trace.collector.setting]
//	endpoint = "http://127.0.0.1:4318"   # /v1/traces is appended; url = is used as it is
//	protocol = "http"                     # or "http/json", or "grpc": endpoint = "http://127.0.0.1:4317"
//	timeout = "5s"                        # of one request
//	compression = "none"                  # or "gzip"
//	service = "checkout"                  # replaces service.name on this connection
//	headers = { authorization = "Bearer ${TOKEN}" }
//	ca = "ca.pem"                         # who may have signed the server's certificate
//	cert = "client.pem"                   # for mutual TLS, together with
//	key = "client-key.pem"
//	server_name = "collector.internal"    # the name in the server's certificate
//	insecure = false                      # gRPC without http:// or https:// in the endpoint
//	proxy = "http://proxy:3128"           # HTTP only; the default is the environment's
//	[trace.collector.retry]
//	enabled = true
//	initial = "200ms"
//	max = "30s"
//	budget = "30s"                        # of one batch; 2s where there is a spool
//
// # Environment
//
// OTEL_EXPORTER_OTLP_* and OTEL_EXPORTER_OTLP_TRACES_* fill what the settings leave open, if
// Settings.Environ is set; the Bridge sets it when this is the only OTLP connection. Where
// the settings and the environment name different endpoints, the environment's headers and
// certificates are not used, which the log says: they were meant for the other one. Of the environment, only an
// endpoint or a certificate that can't be used is an error; anything else is ignored with a
// warning in the log.
package otlp
