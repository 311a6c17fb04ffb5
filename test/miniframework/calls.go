package miniframework

import (
	"encoding/json"
	"fmt"
)

// Invoke calls a method or a service of this process, or else a remote service.
func (m *Meta[S]) Invoke(name string) {
	f := m.framework
	if action, ok := f.methods[name]; ok {
		f.call(m, "method:"+name, "method", name, action)
	} else if action, ok := f.services[name]; ok {
		f.call(m, "service:"+name, "service", name, action)
	} else {
		f.call(m, name, "custom", name, nil)
	}
}

// Request calls a service over the bus: another process, which gets the ids and begins no span of its
// own.
func (m *Meta[S]) Request(name string) {
	f := m.framework
	f.call(m, "service:"+name, "service", name, func(m *Meta[S]) {
		message, err := json.Marshal(m.Metadata())
		if err != nil {
			m.Fail(&Result{"fail", 1, err.Error()})
			return
		}
		var received Metadata
		if err := json.Unmarshal(message, &received); err != nil {
			m.Fail(&Result{"fail", 1, err.Error()})
			return
		}
		there := f.NewMeta()
		there.Metadata(received)
		if action := f.services[name]; action != nil {
			action(there)
		}
		m.Fail(there.Result())
	})
}

// Publish sends an event. Its envelope has metadata, but the framework leaves them empty.
func (f *Framework[S]) Publish(name string) { f.consume(name, "event", 0, f.events[name]) }

// Enqueue sends a job, which is tried twice.
func (f *Framework[S]) Enqueue(name string) {
	for attempt := 1; attempt <= 2; attempt++ {
		if !f.consume(name, "queue", attempt, f.queues[name]) {
			return
		}
	}
}

// consume handles a message, and reports whether it is to be tried again.
func (f *Framework[S]) consume(name, kind string, attempt int, action Action[S]) (again bool) {
	m := f.NewMeta()
	m.Metadata(Metadata{})
	more := Map{"module": kind, "connection": "default", "operation": "consume"}
	if attempt > 0 {
		more["attempt"] = attempt
	}
	span := m.Begin(kind+":"+name, f.Attrs(f.Service, kind, name, more))
	defer func() {
		failed := m.Result()
		if v := recover(); v != nil {
			failed = &Result{"retry", 2, fmt.Sprint("panic: ", v)}
		}
		if failed != nil && failed.OK() {
			failed = nil
		}
		again = failed != nil && failed.Word == "retry" && attempt > 0
		f.End(span, failed)
	}()
	if action != nil {
		action(m)
	}
	return again
}
