package miniframework

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
)

// Action is what an application registers.
type Action[S any] func(m *Meta[S])

// Framework is one application's.
type Framework[S any] struct {
	Generation[S]

	hook     TraceHook[S]
	modules  []Module
	methods  map[string]Action[S]
	services map[string]Action[S]
	triggers map[string][]Action[S]
	events   map[string]Action[S]
	queues   map[string]Action[S]
	routes   map[string]route[S] // by path
}

type route[S any] struct {
	name, kind string
	action     func(m *Meta[S], w http.ResponseWriter)
}

// New returns a framework without anything mounted or registered.
func New[S any](g Generation[S]) *Framework[S] {
	return &Framework[S]{
		Generation: g,
		methods:    make(map[string]Action[S]), services: make(map[string]Action[S]), triggers: make(map[string][]Action[S]),
		events: make(map[string]Action[S]), queues: make(map[string]Action[S]), routes: make(map[string]route[S]),
	}
}

// Mount attaches a module; the TraceHook that was mounted last is the one that counts.
func (f *Framework[S]) Mount(m Module) {
	if hook, ok := m.(TraceHook[S]); ok {
		f.hook = hook
	}
	f.modules = append(f.modules, m)
}

// Register offers a value to every module. A map is configuration, too.
func (f *Framework[S]) Register(name string, value any) {
	if cfg, ok := value.(Map); ok {
		f.Config(cfg)
	}
	for _, m := range f.modules {
		m.Register(name, value)
	}
}

// Config hands configuration to every module, once for code and once for files.
func (f *Framework[S]) Config(global Map) {
	for _, m := range f.modules {
		m.Config(global)
	}
}

// Start sets up, opens and starts all modules, and pulls the trigger start.
func (f *Framework[S]) Start() {
	for _, m := range f.modules {
		m.Setup()
	}
	for _, m := range f.modules {
		m.Open()
	}
	for _, m := range f.modules {
		m.Start()
	}
	f.Toggle("start")
}

// Stop pulls the trigger stop, and stops and closes all modules in the reverse order.
func (f *Framework[S]) Stop() {
	f.Toggle("stop")
	for _, m := range slices.Backward(f.modules) {
		m.Stop()
	}
	for _, m := range slices.Backward(f.modules) {
		m.Close()
	}
}

// Toggle runs what is registered for a trigger, each in a trace of its own.
func (f *Framework[S]) Toggle(name string) {
	for _, action := range f.triggers[name] {
		f.call(f.NewMeta(), "trigger:"+name, "trigger", name, action)
	}
}

// call runs an action under a span. The span is ended in a function literal, so that it sees no panic.
func (f *Framework[S]) call(m *Meta[S], name, kind, entry string, action Action[S]) {
	span := m.Begin(name, f.Attrs(f.Service, kind, entry, Map{"module": "core", "operation": "invoke"}))
	defer func() {
		res := m.Result()
		if v := recover(); v != nil {
			res = &Result{"fail", 1, fmt.Sprint("panic: ", v)}
		}
		if res != nil && res.OK() {
			res = nil
		}
		f.End(span, res)
	}()
	if action == nil {
		m.Fail(&Result{"fail", 1, "not found"})
		return
	}
	action(m)
}

// errInvalid is what a header that can't be parsed is.
var errInvalid = errors.New("invalid")
