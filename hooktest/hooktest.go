package hooktest

import (
	"errors"
	"fmt"
	"testing"

	"github.com/tracehook/tracehook"
)

// Span is a span that a hook has recorded and that has ended.
type Span struct {
	// Name is the name it was begun with.
	Name string
	// TraceID, SpanID and ParentID are lower-case hexadecimal; ParentID is empty for a root.
	TraceID, SpanID, ParentID string
	// Text is the text of a failure.
	Text string
	// Failed reports any status but ok.
	Failed bool
}

// Setup makes a hook that records everything, and a function that returns what it has
// recorded so far. It is called once for each check.
type Setup func() (hook tracehook.TraceHook, spans func() []Span)

// Run checks the hook that setup makes, each part of the contract in a subtest of its own.
// The hook is not attached, so that tests may run in parallel.
func Run(t *testing.T, setup Setup) {
	t.Helper()
	for _, c := range checks() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if err := c.run(setup); err != nil {
				t.Error(err)
			}
		})
	}
}

// Check does what [Run] does, and returns all that is wrong: for other test frameworks, and
// for tests that expect a hook to fail. Each error begins with the name of its check.
func Check(setup Setup) error {
	var errs []error
	for _, c := range checks() {
		if err := c.run(setup); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", c.name, err))
		}
	}
	return errors.Join(errs...)
}

type check struct {
	name string
	do   func(c *contract)
}

// contract is one check as it goes.
type contract struct {
	hook  tracehook.TraceHook
	spans func() []Span
	errs  []error
}

func (c check) run(setup Setup) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v", v)
		}
	}()
	k := &contract{}
	k.hook, k.spans = setup()
	c.do(k)
	return errors.Join(k.errs...)
}

func (c *contract) errorf(format string, args ...any) {
	c.errs = append(c.errs, fmt.Errorf(format, args...))
}

// span returns the one recorded span of that name.
func (c *contract) span(name string) Span {
	var found []Span
	for _, s := range c.spans() {
		if s.Name == name {
			found = append(found, s)
		}
	}
	if len(found) != 1 {
		c.errorf("%d spans named %q were recorded, want 1", len(found), name)
		return Span{Name: name}
	}
	return found[0]
}

// child checks that the span of one name is below that of another, "" for none.
func (c *contract) child(name, parent string) {
	s := c.span(name)
	if parent == "" {
		if s.ParentID != "" {
			c.errorf("%q has the parent %s, want none", name, s.ParentID)
		}
		return
	}
	p := c.span(parent)
	if s.ParentID == "" || s.ParentID != p.SpanID || s.TraceID != p.TraceID {
		c.errorf("%q has the parent %s in trace %s, want %q, which is %s in trace %s",
			name, s.ParentID, s.TraceID, parent, p.SpanID, p.TraceID)
	}
}

func (c *contract) failed(name string, want bool, text string) {
	s := c.span(name)
	if s.Failed != want {
		c.errorf("%q: failed is %t, want %t", name, s.Failed, want)
	}
	if want && s.Text != text {
		c.errorf("%q failed with text %q, want %q", name, s.Text, text)
	}
}

func (c *contract) begin(m *tracehook.Meta, name string, attrs tracehook.Map) tracehook.TraceSpan {
	s := c.hook.Begin(m, name, attrs)
	if s == nil {
		c.errorf("Begin(%q) returned nil", name)
		return silent{}
	}
	return s
}

func (c *contract) trace(m *tracehook.Meta, name, status string, attrs tracehook.Map) {
	if err := c.hook.Trace(m, name, status, attrs); err != nil {
		c.errorf("Trace(%q): %w", name, err)
	}
}

type silent struct{}

func (silent) End(...any) {}
