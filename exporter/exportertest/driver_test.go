package exportertest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/encode"
	"github.com/tracehook/tracehook/exporter/exportertest"
	"github.com/tracehook/tracehook/exporter/report"
)

// store is a destination, which Settings have as Stdout.
type store struct {
	mu   sync.Mutex
	text strings.Builder
	full bool
}

func (s *store) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.full {
		return 0, errors.New("no space left")
	}
	return s.text.Write(p)
}

func (s *store) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// liner writes a line for each span, and has at most one fault.
type liner struct {
	fault    string
	mu       sync.Mutex
	encoder  encode.Encoder
	to       io.Writer
	kept     []sdktrace.ReadOnlySpan
	shutdown bool
}

const secret = "hunter2"

func lines(fault string) exporter.Driver {
	settings := func(s exporter.Settings) (encode.Encoder, error) {
		table := s.Table("setting")
		table.String("", "password")
		switch fault {
		case "fields":
			s.Fields = nil
		case "format":
			s.Format = ""
		case "json":
			s.JSON = false
		case "settings changed":
			s.Setting["password"] = "read"
		}
		kind := "text"
		if s.JSON {
			kind = "json"
		}
		e, err := encode.New(kind, s)
		if fault == "unknown setting" {
			return e, err
		}
		if fault == "no key" && len(s.Fields) > 0 {
			return e, errors.New("fields can't be mapped")
		}
		return e, errors.Join(err, table.Err())
	}
	return exporter.Driver{
		New: func(_ context.Context, s exporter.Settings) (sdktrace.SpanExporter, error) {
			e, err := settings(s)
			switch {
			case err != nil:
				return nil, err
			case fault == "new refuses":
				return nil, errors.New("not today")
			case fault == "nothing built":
				return nil, nil // the fault
			}
			l := &liner{fault: fault, encoder: e, to: s.Stdout}
			if fault == "spool forgets" {
				return &forgetful{l}, nil
			}
			return l, nil
		},
		Check: func(s exporter.Settings) error {
			if fault == "check is lax" {
				return nil
			}
			_, err := settings(s)
			return err
		},
	}
}

func (l *liner) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.shutdown && l.fault == "shutdown ignored":
	case l.shutdown && l.fault == "error after shutdown":
		return errors.New("closed")
	case l.shutdown:
		return nil
	case ctx.Err() != nil && l.fault == "context hidden":
		return errors.New("interrupted")
	case ctx.Err() != nil:
		return ctx.Err()
	}
	switch l.fault {
	case "spans lost":
		spans = spans[:min(len(spans), 100)]
	case "empty batch":
		if len(spans) == 0 {
			return errors.New("nothing to do")
		}
	case "attributes appended":
		for _, s := range spans {
			_ = append(s.Attributes(), attribute.Bool("exported", true))
		}
	case "slice kept":
		for _, s := range l.kept {
			_ = s.Name()
		}
		l.kept = spans
	case "hangs":
		l.mu.Unlock()
		select {}
	}
	for _, s := range spans {
		if s == nil {
			continue
		}
		_, err := l.to.Write(l.encoder.Append(nil, []sdktrace.ReadOnlySpan{s}))
		switch {
		case err != nil && l.fault == "failure hidden":
		case err != nil && l.fault == "failure counted as delivery":
			return &report.Result{Exported: len(spans), Err: err}
		case err != nil && l.fault == "spool forgets":
			return &report.Result{Spooled: len(spans), Err: err}
		case err != nil && l.fault == "secret":
			return fmt.Errorf("login with %s: %w", secret, err)
		case err != nil:
			return err
		}
	}
	return nil
}

// forgetful says that it spools, and counts nothing.
type forgetful struct{ *liner }

func (*forgetful) SpoolCounts() (pending, replayed, dead, expired int64) { return 0, 0, 0, 0 }

func (l *liner) Shutdown(context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.shutdown && l.fault == "second shutdown" {
		return errors.New("closed already")
	}
	l.shutdown = true
	return nil
}

func subject(fault string) exportertest.DriverSubject {
	settings := func(full bool) func(testing.TB) exporter.Settings {
		return func(testing.TB) exporter.Settings {
			return exporter.Settings{Stdout: &store{full: full}, Setting: map[string]any{"password": secret}}
		}
	}
	output := func(_ testing.TB, s exporter.Settings) string { return fmt.Sprint(s.Stdout) }
	return exportertest.DriverSubject{
		Driver: lines(fault), Settings: settings(false), Failing: settings(true), Output: output,
		Count: func(tb testing.TB, s exporter.Settings) int {
			tb.Helper()
			return strings.Count(output(tb, s), "\n")
		},
		Secrets: []string{secret}, Patience: 10 * time.Second,
	}
}

func TestRunDriver(t *testing.T) {
	t.Parallel()
	exportertest.RunDriver(t, subject("none"))
}

// fails returns what all checks together find wrong.
func fails(tb testing.TB, s exportertest.DriverSubject) string {
	tb.Helper()
	var all []string
	for _, name := range append(exportertest.DriverNames(), exportertest.Names()...) {
		for _, problem := range exportertest.DriverProblems(tb, s, name) {
			all = append(all, name+": "+problem.Error())
		}
	}
	return strings.Join(all, "\n")
}

// Each broken driver fails the kit with a message that names its fault.
func TestBrokenDrivers(t *testing.T) {
	t.Parallel()
	for fault, want := range map[string]string{
		"fields":                      `the driver ignores fields: with fields = { name = "kit_renamed" } the destination has no field of that name`,
		"format":                      `the driver ignores format: with format = "kit-marker %name%" the destination has no "kit-marker GET /users/{id}"`,
		"json":                        "the driver ignores json: with json = true the destination has a line that isn't JSON",
		"unknown setting":             "the driver accepts any key in its setting table: a misspelled one would have no effect",
		"no key":                      `its error is no Problem of the key "fields"`,
		"settings changed":            "the driver changed its settings",
		"check is lax":                "Driver.Check accepted what Driver.New refuses",
		"nothing built":               "Driver.New returned neither an exporter nor an error",
		"spans lost":                  "the destination has 104 spans, want 304",
		"empty batch":                 "ExportSpans without spans: nothing to do",
		"error after shutdown":        "ExportSpans after Shutdown must return nil: closed",
		"shutdown ignored":            "does nothing after shutdown: the destination has 4 spans, want 0",
		"second shutdown":             "shuts down twice: Shutdown of a working exporter: closed already",
		"context hidden":              "ExportSpans with a canceled context must return nil or wrap its error: interrupted",
		"attributes appended":         `ExportSpans wrote "exported" behind a span's attributes`,
		"slice kept":                  "ExportSpans panicked",
		"failure hidden":              "ExportSpans to a failing destination returned nil: its spans would count as delivered",
		"failure counted as delivery": "behind a Fanout, 40 spans count as delivered to a destination that fails",
		"spool forgets":               "SpoolCounts don't add up: of 0 inherited and 40 spooled spans 0 wait, 0 were replayed, 0 are dead and 0 expired",
		"secret":                      `an export's error shows the secret "hunter2"`,
		"hangs":                       "ExportSpans has not returned after 50ms",
	} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			s := subject(fault)
			if fault == "hangs" {
				s.Patience = 50 * time.Millisecond
			}
			if fault == "nothing built" { // the checks of exporters have nothing to check
				problems := exportertest.DriverProblems(t, s, "changes no settings")
				if got := fmt.Sprint(problems); !strings.Contains(got, want) {
					t.Errorf("the kit says %s", got)
				}
				return
			}
			if got := fails(t, s); !strings.Contains(got, want) {
				t.Errorf("the kit doesn't say\n%s\nbut\n%s", want, got)
			}
		})
	}
}

// Where an effect can't be seen, only a refusal is good; what is documented may be ignored.
func TestRunDriver_withoutOutput(t *testing.T) {
	t.Parallel()
	s := subject("none")
	s.Output = nil
	if got := fails(t, s); !strings.Contains(got, "the driver ignores json: the driver accepts it, and the subject has no Output") {
		t.Errorf("the kit says %s", got)
	}
	s.Ignores = []string{"fields", "format", "json"}
	if got := fails(t, s); got != "" {
		t.Errorf("the kit says %s", got)
	}
	if got := exportertest.DriverProblems(t, exportertest.DriverSubject{}, "exports a batch"); len(got) != 1 {
		t.Errorf("a driver without a factory: %v", got)
	}
}
