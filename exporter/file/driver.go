package file

import (
	"context"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/file/internal/rotation"
)

// Driver returns the driver "file". Its settings are:
//
//	store      directory of a relative file; "store/trace"
//	output     the file; also called file and path, of which the last in this order
//	           decides; "trace.log". store means nothing for an absolute one.
//	           /dev/stdout and /dev/stderr are written to as they are.
//	encoding   json | text | otlp | yaml; text if the connection has a format and not
//	           json = true, else json
//	nanos      "number", or "text" for readers that round Unix nanoseconds (json)
//	ids        "hex", or "decimal" for the SpirentOrion recorder's numbers (yaml)
//	maxsize    bytes or a size such as "100MB", which is the default
//	maxline    lines in a file
//	slice      year | month | day | hour, or y | m | d | h
//	compress   true: gzip rotated files
//	maxage     remove rotated files that are older: "7d", "12h", seconds
//	maxfiles   rotated files that stay
//	fsync      "never", which is the default, "batch", or how often: "1s"
//	mode       permission bits of the files as text: "0600"
//	dirmode    those of directories that are made, "0700", and the widest that others may
//	           have: without it, a directory that others can write to is refused
//	dirgroup   group, by name or number, of the directories and files that are made
//	shared     true: other processes write to this file too
//
// Limits of zero and below are refused: leave out what should not be limited.
func Driver() exporter.Driver {
	return exporter.Driver{New: newFromSettings, Check: check, Claims: claims}
}

func newFromSettings(ctx context.Context, s exporter.Settings) (sdktrace.SpanExporter, error) {
	decoded, err := decode(s)
	if err != nil {
		return nil, err
	}
	return open(ctx, decoded)
}

func check(s exporter.Settings) error {
	decoded, err := decode(s)
	if err != nil {
		return err
	}
	if decoded.stream() != nil {
		return nil
	}
	path, err := target(decoded.path)
	if err == nil {
		err = decoded.checkPlace(path)
	}
	if err != nil {
		t, key := s.Table("setting"), "store"
		if t.Has("path", "file", "output") {
			key = t.Name("path", "file", "output")
		}
		return s.ProblemHere("setting."+key, "%v", err)
	}
	return nil
}

// claims is the file itself, under the name that it has without symbolic links.
func claims(s exporter.Settings) []string {
	decoded, err := decode(s)
	if err != nil || decoded.shared || decoded.stream() != nil {
		return nil
	}
	return []string{"file:" + rotation.Resolve(decoded.path)}
}
