package tracehook

// The kinds of work that a span stands for. Any other word is a kind too; it counts as
// internal for OpenTelemetry.
const (
	TraceKindInternal = "internal" // work inside the process; OTel: internal
	TraceKindServer   = "server"   // a request that came in; OTel: server
	TraceKindClient   = "client"   // a request that went out; OTel: client
	TraceKindProducer = "producer" // a message that was sent; OTel: producer
	TraceKindConsumer = "consumer" // a message that was received; OTel: consumer
	TraceKindMethod   = "method"   // a method of the framework; OTel: internal
	TraceKindService  = "service"  // a service of the framework; OTel: internal
	TraceKindTrigger  = "trigger"  // a trigger that fired; OTel: internal
	TraceKindHTTP     = "http"     // an HTTP request that came in; OTel: server
	TraceKindWeb      = "web"      // a request for a page; OTel: server
	TraceKindEvent    = "event"    // an event that was received; OTel: consumer
	TraceKindQueue    = "queue"    // a job that was taken from a queue; OTel: consumer
	TraceKindCron     = "cron"     // a job that the clock started; OTel: internal
	TraceKindCustom   = "custom"   // anything else; OTel: internal
)

// The status words of [Meta.Trace]. Everything but [StatusOK] is a failure; words of an
// application's own, such as "retry", are kept as they are.
const (
	StatusOK    = "ok"
	StatusFail  = "fail"
	StatusError = "error"
)
