package exporter

import (
	"context"
	"io"
	"log/slog"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/setting"
)

// Factory makes the exporter of one connection. It may touch the outside world (open
// files, resolve nothing yet); ctx bounds that. The exporter must follow the
// [sdktrace.SpanExporter] contract: it is never called concurrently, must not keep the
// slice of spans, and should return when its context is done.
type Factory func(ctx context.Context, s Settings) (sdktrace.SpanExporter, error)

// Driver is a kind of destination. Only New is required.
type Driver struct {
	// New makes the exporter.
	New Factory
	// Check reports everything in s that New would refuse, without touching the outside
	// world beyond looking at it. Its error joins a [setting.Problem] for each key that is to
	// blame, as [Settings.Table] and [Settings.Problem] report them.
	// What Check accepts, New builds, unless the outside world changed in between.
	Check func(s Settings) error
	// Claims names what an exporter of these settings must have for itself, such as
	// "file:/var/log/trace.log". Two connections of one configuration must not claim the
	// same; on a reload the successor is made after the predecessor has shut down.
	Claims func(s Settings) []string
	// Network says that exporting may wait for another machine, or that nobody should wait for
	// it: its connections drop when their queue is full, unless they are told otherwise, and
	// others block.
	Network bool
	// Spool says that it reads the tables spool and retry; for other drivers they are
	// refused.
	Spool bool
	// TLS says that it refuses what [Settings.RequireTLS] forbids. Where that is required, a driver with
	// Network and without TLS is refused.
	TLS bool
	// Local says that its connections don't vote on the sampled flag that other services
	// see, unless they are told to: a console at rate 1 must not make a fleet record.
	Local bool
}

// Settings is what a connection's configuration says to its driver. Drivers read its tables with
// [Settings.Table], and must not change the maps. The values are as they are used, secrets too;
// printed, it shows keys only.
type Settings struct {
	// Connection is the connection's name; Driver the driver's.
	Connection, Driver string
	// Setting is the driver's own table, [trace.NAME.setting], decoded as TOML would:
	// string, bool, int64, float64, []any and map[string]any. Nil if absent.
	Setting map[string]any
	// Spool and Retry are the tables of the same name; nil if absent.
	Spool, Retry map[string]any
	// Fields is the field mapping, in the order of the configuration; nil if absent.
	Fields []FieldMapping
	// Format is the text template; "" is the driver's default.
	Format string
	// Flag is a free text that is exported as the field "flag".
	Flag string
	// Inspector knows about the other connections; nil where nobody does.
	Inspector Inspector
	// Identity says who exports.
	Identity Identity
	// Logger is never nil when a Bridge calls; its records name the connection already.
	Logger *slog.Logger
	// Stdout and Stderr are where console drivers write; nil means the process's own.
	Stdout, Stderr io.Writer
	// Environ looks an environment variable up. OTLP drivers fill what Setting leaves open
	// from OTEL_EXPORTER_OTLP_*; nil means that they must not, because several connections
	// would get what is meant for one.
	Environ func(name string) string
	// JSON asks for JSON lines instead of text.
	JSON bool
	// SplitServices asks OTLP drivers to send the spans of each framework service under a
	// resource of that service.
	SplitServices bool
	// RequireTLS forbids to send anything to another host than this one without TLS.
	RequireTLS bool
	// Source says where the values were read, and Path the key path of the connection, such as
	// "trace.greptime". Without them, problems have no place, and key paths are relative to the
	// connection.
	Source *setting.Source
	Path   string
}

// FieldMapping selects the span field Source and names it Target.
type FieldMapping struct{ Source, Target string }

// Identity is who a process is, in the framework's words.
type Identity struct{ Project, Profile, Role, Node string }

// Table returns the reader of the table name, which is "setting", "spool" or "retry". It is
// empty if the connection doesn't have that table.
func (s Settings) Table(name string) *setting.Table {
	values := map[string]map[string]any{"setting": s.Setting, "spool": s.Spool, "retry": s.Retry}[name]
	return s.Source.Table(s.path(name), values)
}

// Problem returns a problem of the connection's key, such as "format" or "fields.timestam", with
// its place if that is known. Arguments that show what came from the environment are replaced.
func (s Settings) Problem(key, format string, args ...any) error {
	return s.Source.Problem(s.path(key), format, args...)
}

// ProblemHere is [Settings.Problem] for what another machine may have right: a directory, a
// certificate, the rights of a user.
func (s Settings) ProblemHere(key, format string, args ...any) error {
	p := s.Source.Problem(s.path(key), format, args...)
	p.Here = true
	return p
}

func (s Settings) path(key string) string {
	if s.Path == "" {
		return key
	}
	return s.Path + "." + key
}

// Secret is a [setting.Secret].
type Secret = setting.Secret

// NewSecret returns value as a [Secret].
func NewSecret(value string) Secret { return setting.NewSecret(value) }
