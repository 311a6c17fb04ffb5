package hooktest

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/tracehook/tracehook"
)

// OddValues returns attributes that are hard to write: each value that an application
// might pass by mistake, and some that are merely large. Each call makes new ones.
func OddValues() tracehook.Map {
	cyclic := tracehook.Map{"name": "loop"}
	cyclic["self"] = cyclic
	deep := any("bottom")
	for range 100 {
		deep = []any{deep}
	}
	type node struct {
		Name string
		Next *node
	}
	ring := &node{Name: "ring"}
	ring.Next = ring
	return tracehook.Map{
		"nil":            nil,
		"nil pointer":    (*node)(nil),
		"nil error":      (*badError)(nil),
		"nan":            math.NaN(),
		"infinity":       math.Inf(-1),
		"channel":        make(chan int),
		"function":       func() {},
		"cyclic map":     cyclic,
		"cyclic pointer": ring,
		"deep":           deep,
		"stringer":       badStringer{},
		"error":          &badError{},
		"text":           badText{},
		"not utf-8":      "a\xffb\xc3",
		"control":        "line\nbreak\x00\u2028",
		"large":          strings.Repeat("x", 10<<20),
		"many":           make([]any, 100_000),
		"bytes":          []byte{0xff, 0x00, 0xfe},
		"complex":        complex(1, math.NaN()),
		"time":           time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC),
		"big":            uint64(math.MaxUint64),
		"struct keys":    map[struct{ A, B int }]any{{1, 2}: badStringer{}},
		"named":          tracehook.Map{"\xff": []error{nil, errors.New("x")}},
		"":               "no key",
		"\xfe":           "a key that isn't UTF-8",
	}
}

type badStringer struct{}

func (badStringer) String() string { panic("a Stringer that panics") } //nolint:forbidigo // that is its point

type badError struct{ text string }

func (e *badError) Error() string { return e.text + strconv.Itoa(1/len(e.text)) }

type badText struct{}

func (badText) MarshalText() ([]byte, error) { return nil, errors.New("no text") }

func oddValues(c *contract) {
	m := tracehook.NewMeta()
	c.begin(m, "span", OddValues()).End(badStringer{})
	c.trace(m, "event", "error", OddValues())
	for key, v := range OddValues() {
		c.begin(m, fmt.Sprintf("one %q", key), tracehook.Map{key: v, "kind": v, "code": v, "status": v}).End(v)
	}
	c.span("span")
	c.span("event")
	for key := range OddValues() {
		c.span(fmt.Sprintf("one %q", key))
	}
}
