package exportertest

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter"
)

// DriverSubject is a driver that is checked.
type DriverSubject struct {
	// Driver is what connections name.
	Driver exporter.Driver
	// Settings returns settings of a connection that works, with a destination of its own. It is called
	// several times for each check.
	Settings func(tb testing.TB) exporter.Settings
	// Failing returns settings of a connection whose destination fails each export; nil skips what
	// needs one.
	Failing func(tb testing.TB) exporter.Settings
	// Count returns how many spans the destination of these settings has; nil skips what needs it.
	Count func(tb testing.TB, s exporter.Settings) int
	// Output returns everything that the destination of these settings has, with the names of its
	// fields, as text. It is called after Shutdown. Without it a driver must refuse fields, format
	// and json, for nobody could see that it heeds them.
	Output func(tb testing.TB, s exporter.Settings) string
	// Ignores names those of fields, format and json that the driver is documented to ignore.
	Ignores []string
	// Plain, Secrets and Patience are those of [Subject].
	Plain    bool
	Secrets  []string
	Patience time.Duration
}

// RunDriver runs all checks of drivers, and those of [Run] on the driver's exporters, each as a
// parallel subtest.
func RunDriver(t *testing.T, s DriverSubject) {
	t.Helper()
	for _, name := range append(DriverNames(), Names()...) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, problem := range DriverProblems(t, s, name) {
				t.Error(problem)
			}
		})
	}
}

// DriverNames returns the names of the checks that [RunDriver] has beside those of [Names].
func DriverNames() []string {
	var names []string
	for _, c := range driverChecks() {
		names = append(names, c.name)
	}
	return names
}

// DriverProblems runs one check of a driver and returns what is wrong, for tests of drivers that are
// meant to be wrong.
func DriverProblems(tb testing.TB, s DriverSubject, name string) []error {
	tb.Helper()
	if s.Driver.New == nil {
		return []error{errors.New("the driver has no factory: set Driver.New")}
	}
	for _, c := range driverChecks() {
		if c.name != name {
			continue
		}
		r := &driverRun{run: &run{TB: tb, Subject: Subject{Plain: s.Plain, Patience: s.Patience}}, subject: s}
		if r.Patience == 0 {
			r.Patience = defaultPatience
		}
		c.check(r)
		r.mu.Lock()
		defer r.mu.Unlock()
		return r.problems
	}
	return Problems(tb, s.exporters(), name)
}

// exporters returns the subject that the driver's exporters are.
func (s DriverSubject) exporters() Subject {
	var mu sync.Mutex
	var made []madeExporter
	maker := func(settings func(testing.TB) exporter.Settings) func(testing.TB) sdktrace.SpanExporter {
		if settings == nil {
			return nil
		}
		return func(tb testing.TB) sdktrace.SpanExporter {
			tb.Helper()
			of := settings(tb)
			e, err := s.Driver.New(context.WithoutCancel(tb.Context()), of)
			switch {
			case err != nil:
				tb.Fatalf("Driver.New refused settings that work: %v", err)
			case !reflect.TypeOf(e).Comparable():
				tb.Fatalf("Driver.New returned a %T, which can't be compared: return a pointer", e)
			}
			mu.Lock()
			defer mu.Unlock()
			made = append(made, madeExporter{e, of, tb})
			return e
		}
	}
	subject := Subject{
		New: maker(s.Settings), Failing: maker(s.Failing),
		Plain: s.Plain, Secrets: s.Secrets, Patience: s.Patience,
	}
	if s.Count != nil {
		subject.Count = func(e sdktrace.SpanExporter) int {
			mu.Lock()
			defer mu.Unlock()
			i := slices.IndexFunc(made, func(m madeExporter) bool { return m.exporter == e })
			return s.Count(made[i].tb, made[i].settings)
		}
	}
	return subject
}

// madeExporter is an exporter, what it was made of, and for which test.
type madeExporter struct {
	exporter sdktrace.SpanExporter
	settings exporter.Settings
	tb       testing.TB
}

// driverRun is one check of a driver being run.
type driverRun struct {
	*run

	subject DriverSubject
}

// build makes an exporter of s. Check and New must be of one mind.
func (r *driverRun) build(s exporter.Settings) (sdktrace.SpanExporter, error) {
	var checked error
	if r.subject.Driver.Check != nil {
		checked = r.call("Driver.Check", func() error { return r.subject.Driver.Check(s) })
	}
	var e sdktrace.SpanExporter
	err := r.call("Driver.New", func() (err error) {
		e, err = r.subject.Driver.New(context.WithoutCancel(r.Context()), s)
		return err
	})
	switch {
	case err == nil && checked != nil:
		r.problem("Driver.New built what Driver.Check refuses: %w", checked)
	case err != nil && checked == nil && r.subject.Driver.Check != nil:
		r.problem("Driver.Check accepted what Driver.New refuses: %w", err)
	case err == nil && e == nil:
		r.problem("Driver.New returned neither an exporter nor an error")
		err = errors.New("no exporter")
	}
	return e, err
}

// output exports spans with settings and returns what the destination has afterwards, or why the
// driver has refused the settings.
func (r *driverRun) output(s exporter.Settings) (string, error) {
	e, err := r.build(s)
	if err != nil {
		return "", err
	}
	if err := r.export(r.Context(), e, r.spans()); err != nil {
		r.problem("ExportSpans: %w", err)
	}
	r.shutdown(e)
	if r.subject.Output == nil {
		return "", nil
	}
	return r.subject.Output(r, s), nil
}
