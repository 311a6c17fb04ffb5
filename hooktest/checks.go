package hooktest

import (
	"errors"
	"fmt"
	"maps"
	"sync"
	"sync/atomic"

	"github.com/tracehook/tracehook"
)

func checks() []check {
	return []check{
		{"names and attributes are the caller's", namesAndAttributes},
		{"a span is below the one that encloses it", nesting},
		{"without a Meta a span is a root", withoutMeta},
		{"results decide the status", results},
		{"an event has its status and its text", events},
		{"only the first End counts", endTwice},
		{"spans may end in any order", anyOrder},
		{"a panic is recorded and goes on", panics},
		{"a fork is independent", forks},
		{"a parent may be in another process", remoteParent},
		{"ids are those of the current span", ids},
		{"any value may be an attribute", oddValues},
		{"goroutines don't disturb each other", goroutines},
	}
}

func namesAndAttributes(c *contract) {
	attrs := tracehook.TraceAttrs("user", tracehook.TraceKindServer, "login", tracehook.Map{"status": "ok", "n": 1})
	before := maps.Clone(attrs)
	m := tracehook.NewMeta()
	c.begin(m, "service:user.login", attrs).End()
	c.trace(m, "event", "ok", attrs)
	c.span("service:user.login")
	c.span("event")
	if !maps.Equal(before, attrs) {
		c.errorf("the caller's attributes were changed to %v", attrs)
	}
}

func nesting(c *contract) {
	m := tracehook.NewMeta()
	root := c.begin(m, "root", nil)
	first := c.begin(m, "first", nil)
	c.begin(m, "inner", nil).End()
	first.End()
	c.begin(m, "second", nil).End()
	root.End()
	c.begin(m, "other", nil).End()
	c.child("root", "")
	c.child("first", "root")
	c.child("inner", "first")
	c.child("second", "root")
	c.child("other", "")
	if c.span("root").TraceID == c.span("other").TraceID {
		c.errorf("two roots are in one trace")
	}
}

func withoutMeta(c *contract) {
	c.begin(nil, "a", nil).End()
	c.trace(nil, "b", "", nil)
	c.child("a", "")
	c.child("b", "")
}

func results(c *contract) {
	bad := errors.New("no such user")
	m := tracehook.NewMeta()
	c.begin(m, "none", nil).End()
	c.begin(m, "nil", nil).End(nil)
	c.begin(m, "nil error", nil).End(error(nil))
	c.begin(m, "error", nil).End(bad)
	c.begin(m, "second", nil).End(nil, bad)
	c.begin(m, "text", nil).End("it broke")
	c.begin(m, "good result", nil).End(outcome{ok: true})
	c.begin(m, "bad result", nil).End(outcome{code: 2, status: "retry", text: "again"})
	for _, name := range []string{"none", "nil", "nil error", "good result"} {
		c.failed(name, false, "")
	}
	c.failed("error", true, "no such user")
	c.failed("second", true, "no such user")
	c.failed("text", true, "it broke")
	c.failed("bad result", true, "again")
}

// outcome is a framework's result, which is an error also when it is good.
type outcome struct {
	status, text string
	code         int
	ok           bool
}

func (o outcome) OK() bool       { return o.ok }
func (o outcome) Fail() bool     { return !o.ok }
func (o outcome) Code() int      { return o.code }
func (o outcome) Status() string { return o.status }
func (o outcome) Error() string  { return o.text }

func events(c *contract) {
	m := tracehook.NewMeta()
	root := c.begin(m, "root", nil)
	c.trace(m, "good", "", nil)
	c.trace(m, "fine", tracehook.StatusOK, nil)
	c.trace(m, "bad", tracehook.StatusError, tracehook.Map{"error": "invalid password"})
	c.trace(m, "again", "retry", tracehook.Map{"error": errors.New("busy")})
	root.End()
	for _, name := range []string{"good", "fine", "bad", "again"} {
		c.child(name, "root")
	}
	c.failed("good", false, "")
	c.failed("fine", false, "")
	c.failed("bad", true, "invalid password")
	c.failed("again", true, "busy")
	c.failed("root", false, "")
}

func endTwice(c *contract) {
	m := tracehook.NewMeta()
	root := c.begin(m, "root", nil)
	s := c.begin(m, "once", nil)
	s.End()
	s.End(errors.New("too late"))
	c.begin(m, "after", nil).End()
	root.End()
	c.failed("once", false, "")
	c.child("after", "root")
}

func anyOrder(c *contract) {
	m := tracehook.NewMeta()
	root := c.begin(m, "root", nil)
	a := c.begin(m, "a", nil)
	b := c.begin(m, "b", nil)
	a.End()
	c.begin(m, "in b", nil).End()
	b.End()
	c.begin(m, "in root", nil).End()
	root.End()
	c.begin(m, "outside", nil).End()
	c.child("in b", "b")
	c.child("in root", "root")
	c.child("outside", "")
}

func panics(c *contract) {
	m := tracehook.NewMeta()
	root := c.begin(m, "root", nil)
	got := func() (v any) {
		defer func() { v = recover() }()
		defer c.begin(m, "panics", nil).End()
		crash(nil, 1)
		return nil
	}()
	if got == nil {
		c.errorf("End swallowed a panic")
	} else if fmt.Sprint(got) != "runtime error: index out of range [1] with length 0" {
		c.errorf("the panic became %v", got)
	}
	c.begin(m, "after", nil).End()
	root.End()
	if !c.span("panics").Failed {
		c.errorf("a span that ended in a panic is ok")
	}
	c.child("after", "root")
}

func crash(list []int, i int) { _ = list[i] }

func forks(c *contract) {
	m := tracehook.NewMeta()
	root := c.begin(m, "root", nil)
	f := m.Fork()
	a := c.begin(f, "in the fork", nil)
	c.begin(m, "beside it", nil).End()
	root.End()
	a.End()
	c.begin(f, "later", nil).End()
	c.child("in the fork", "root")
	c.child("beside it", "root")
	c.child("later", "root")
}

func remoteParent(c *contract) {
	const traceID, spanID = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
	m := tracehook.NewMeta()
	if !m.ParseTraceParent("00-" + traceID + "-" + spanID + "-01") {
		c.errorf("a traceparent header was refused")
	}
	c.begin(m, "parsed", nil).End()
	bus := tracehook.NewMeta()
	bus.Metadata(tracehook.Metadata{TraceId: traceID, SpanId: spanID})
	c.trace(bus, "received", "", nil)
	for _, name := range []string{"parsed", "received"} {
		if s := c.span(name); s.TraceID != traceID || s.ParentID != spanID {
			c.errorf("%q has the parent %s in trace %s, want what was sent", name, s.ParentID, s.TraceID)
		}
	}
}

func ids(c *contract) {
	m := tracehook.NewMeta()
	root := c.begin(m, "root", nil)
	rootID := m.SpanId()
	s := c.begin(m, "child", nil)
	traceID, spanID, parentID := m.TraceId(), m.SpanId(), m.ParentSpanId()
	s.End()
	if m.SpanId() != rootID {
		c.errorf("after End the span id is %q, want the enclosing span's, %q", m.SpanId(), rootID)
	}
	root.End()
	if m.SpanId() != "" {
		c.errorf("after the last End the span id is %q, want none", m.SpanId())
	}
	want := c.span("child")
	if traceID != want.TraceID || spanID != want.SpanID || parentID != want.ParentID {
		c.errorf("Meta says %s, %s below %s, recorded was %s, %s below %s",
			traceID, spanID, parentID, want.TraceID, want.SpanID, want.ParentID)
	}
}

func goroutines(c *contract) {
	m := tracehook.NewMeta()
	root := c.begin(m, "root", nil)
	const n, each = 8, 50
	var all sync.WaitGroup
	var panicked atomic.Value
	for g := range n {
		f := m.Fork()
		all.Go(func() {
			defer func() {
				if v := recover(); v != nil {
					panicked.Store(fmt.Sprint("panic in a goroutine: ", v))
				}
			}()
			for i := range each {
				s := c.hook.Begin(f, fmt.Sprintf("outer %d %d", g, i), nil)
				_ = c.hook.Trace(f, fmt.Sprintf("inner %d %d", g, i), "", nil)
				s.End()
			}
		})
	}
	all.Wait()
	root.End()
	if v := panicked.Load(); v != nil {
		c.errorf("%v", v)
		return
	}
	spans := map[string]Span{}
	for _, s := range c.spans() {
		spans[s.Name] = s
	}
	if want := 2*n*each + 1; len(spans) != want {
		c.errorf("%d spans were recorded, want %d", len(spans), want)
		return
	}
	for g := range n {
		for i := range each {
			outer, inner := spans[fmt.Sprintf("outer %d %d", g, i)], spans[fmt.Sprintf("inner %d %d", g, i)]
			if outer.ParentID != spans["root"].SpanID || inner.ParentID != outer.SpanID {
				c.errorf("spans %d of goroutine %d have the wrong parents", i, g)
				return
			}
		}
	}
}
