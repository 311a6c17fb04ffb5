package miniframework

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"
)

// Register registers an application that uses everything that the framework traces by itself, and spans
// and events of its own.
func Register[S any](f *Framework[S]) {
	fails := func(word string, code int, text string) Action[S] {
		return func(m *Meta[S]) { m.Fail(&Result{word, code, text}) }
	}
	f.triggers["start"] = []Action[S]{func(m *Meta[S]) { m.Invoke("math.add") }}
	f.triggers["stop"] = []Action[S]{func(m *Meta[S]) { m.Invoke("math.add") }}
	f.methods["math.add"] = func(m *Meta[S]) {}
	f.methods["math.div"] = fails("fail", 1, "division by zero")
	f.methods["panics"] = func(m *Meta[S]) { panic("oh") } //nolint:forbidigo // what an application may do
	f.services["user.login"] = func(m *Meta[S]) {
		m.Invoke("math.add")
		span := m.Begin("service:user.check", f.Attrs("user", "service", "check", Map{"user": 1001}))
		_ = m.Trace("user.login.validated", Map{"status": "ok", "userId": 1001})
		_ = m.Trace("user.login.failed", Map{"status": "error", "error": "invalid password"})
		f.End(span, nil)
	}
	f.services["stock.reserve"] = func(m *Meta[S]) {
		span := m.Begin("stock.read", Map{"table": "stock"})
		m.Invoke("math.div")
		f.End(span, nil)
		m.Fail(&Result{"retry", 2, "busy"})
	}
	f.events["order.made"] = func(m *Meta[S]) { m.Invoke("math.add") }
	f.queues["mail"] = func(m *Meta[S]) { m.Fail(&Result{"retry", 2, "no server"}) }
	f.queues["broken"] = func(m *Meta[S]) { panic("oh") } //nolint:forbidigo // what an application may do
	page := func(action Action[S]) func(m *Meta[S], w http.ResponseWriter) {
		return func(m *Meta[S], w http.ResponseWriter) { action(m); fmt.Fprint(w, "ok") } //nolint:errcheck // a response
	}
	f.routes["/"] = route[S]{"index", "http", page(func(m *Meta[S]) {})}
	f.routes["/order"] = route[S]{"order", "http", page(func(m *Meta[S]) {
		m.Invoke("user.login")
		m.Request("stock.reserve")
		_ = m.Result() // the order goes through all the same
		f.Publish("order.made")
		f.Enqueue("mail")
	})}
	f.routes["/page"] = route[S]{"page", "web", page(func(m *Meta[S]) { m.Invoke("math.add") })}
	f.routes["/broken"] = route[S]{"broken", "http", func(m *Meta[S], w http.ResponseWriter) { w.WriteHeader(http.StatusServiceUnavailable) }}
	f.routes["/slow"] = route[S]{"slow", "http", page(func(m *Meta[S]) {
		fmt.Println("slow has begun") //nolint:forbidigo // a test stops the process then
		time.Sleep(3 * time.Second / 2)
		m.Invoke("math.add")
	})}
	f.routes["/panics"] = route[S]{"panics", "http", page(func(m *Meta[S]) { m.Invoke("panics"); panic("oh") })} //nolint:forbidigo // what an application may do
}

// Caller is the traceparent of the requests that [Drive] makes with one.
const Caller = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

// Drive makes requests and sends messages from outside, one after the other.
func Drive[S any](f *Framework[S]) {
	for _, path := range []string{"/", "/order", "/page", "/broken", "/panics", "/nowhere"} {
		for _, header := range []string{"", Caller} {
			r := httptest.NewRequestWithContext(context.Background(), http.MethodGet, path, http.NoBody)
			if header != "" {
				r.Header.Set("Traceparent", header)
			}
			f.ServeHTTP(httptest.NewRecorder(), r)
		}
	}
	f.Enqueue("broken")
	m := f.NewMeta()
	m.Invoke("nowhere")
	m.Invoke("math.add")
}
