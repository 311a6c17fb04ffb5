package yaml

import (
	"context"
	"fmt"
	"maps"
	"strings"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/file"
)

// Driver returns the driver "yaml". It has the settings of the file driver but encoding,
// and writes to trace.yaml where they name no file.
func Driver() exporter.Driver {
	d := file.Driver()
	return exporter.Driver{
		New: func(ctx context.Context, s exporter.Settings) (sdktrace.SpanExporter, error) {
			s, err := asFile(s)
			if err != nil {
				return nil, err
			}
			return d.New(ctx, s)
		},
		Check: func(s exporter.Settings) error {
			s, err := asFile(s)
			if err != nil {
				return err
			}
			return d.Check(s)
		},
		Claims: func(s exporter.Settings) []string {
			s, err := asFile(s)
			if err != nil {
				return nil
			}
			return d.Claims(s)
		},
		Network: d.Network,
		TLS:     d.TLS,
		Local:   d.Local,
	}
}

// asFile returns the settings that make the file driver write this.
func asFile(s exporter.Settings) (exporter.Settings, error) {
	setting := maps.Clone(s.Setting)
	if setting == nil {
		setting = make(map[string]any)
	}
	if e := setting["encoding"]; e != nil && !strings.EqualFold(strings.TrimSpace(fmt.Sprint(e)), "yaml") {
		return s, s.Problem("setting.encoding", `the driver yaml writes YAML only: leave it out, or use the driver "file"`)
	}
	setting["encoding"] = "yaml"
	if setting["output"] == nil && setting["file"] == nil && setting["path"] == nil {
		setting["output"] = "trace.yaml"
	}
	s.Setting, s.JSON = setting, false
	return s, nil
}
