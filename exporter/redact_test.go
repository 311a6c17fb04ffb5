package exporter_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tracehook/tracehook/exporter"
)

// Settings hold headers and passwords; however they are printed, only keys come out.
func TestSettingsArePrintedWithoutValues(t *testing.T) {
	t.Parallel()
	const secret = "hunter2"
	s := exporter.Settings{
		Connection: "c", Driver: "otlp", JSON: true, Format: secret, Flag: secret,
		Setting: map[string]any{"headers": map[string]any{"authorization": secret}, "endpoint": "http://h/" + secret},
		Spool:   map[string]any{"dir": secret},
		Retry:   map[string]any{"budget": secret},
		Fields:  []exporter.FieldMapping{{Source: "name", Target: secret}},
		Environ: func(string) string { return secret },
	}
	const want = `{"connection":"c","driver":"otlp","json":true,"split_services":false,"fields":1,` +
		`"setting":["endpoint","headers"],"spool":["dir"],"retry":["budget"]}`
	marshaled, err := json.Marshal(map[string]any{"s": s})
	if err != nil {
		t.Fatal(err)
	}
	var text, records strings.Builder
	slog.New(slog.NewTextHandler(&text, nil)).Info("x", "s", s)
	slog.New(slog.NewJSONHandler(&records, nil)).Info("x", "s", s)
	for name, printed := range map[string]string{
		"v": fmt.Sprintf("%v", s), "+v": fmt.Sprintf("%+v", s), "#v": fmt.Sprintf("%#v", s),
		"q": fmt.Sprintf("%q", s), "x": fmt.Sprintf("%x", s), "pointer": fmt.Sprintf("%+v", &s),
		"in a list": fmt.Sprintf("%+v", []exporter.Settings{s}), "JSON": string(marshaled), "String": s.String(),
		"GoString": s.GoString(), "text log": text.String(), "JSON log": records.String(), "LogValue": s.LogValue().String(),
	} {
		if strings.Contains(printed, secret) || strings.Contains(printed, fmt.Sprintf("%x", secret)) {
			t.Errorf("%s shows a value: %s", name, printed)
		}
		if !strings.Contains(printed, "headers") && name != "x" {
			t.Errorf("%s doesn't show the keys: %s", name, printed)
		}
	}
	if diff := cmp.Diff(want, s.String()); diff != "" {
		t.Errorf("String (-want +got):\n%s", diff)
	}
}
