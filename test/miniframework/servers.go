package miniframework

import (
	"fmt"
	"net/http"
)

// ServeHTTP is the framework's HTTP and web server. The span is begun, and its header written, before
// the request's headers are parsed.
func (f *Framework[S]) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	route, found := f.routes[r.URL.Path]
	kind := route.kind
	if !found {
		kind = "http"
	}
	m := f.NewMeta()
	span := m.Begin(kind+":"+route.name, f.Attrs(f.Service, kind, route.name, Map{
		"module": kind, "operation": "serve", "method": r.Method, "path": r.URL.Path, "host": r.Host,
	}))
	status := &recorder{ResponseWriter: w}
	defer func() {
		failed := m.Result()
		if v := recover(); v != nil {
			status.WriteHeader(http.StatusInternalServerError)
		}
		switch {
		case status.code >= http.StatusInternalServerError:
			failed = &Result{"fail", 1, fmt.Sprintf("%s status %d", kind, status.code)}
		case failed != nil && failed.OK():
			failed = nil
		}
		f.End(span, failed)
	}()
	if header := r.Header.Get("traceparent"); header != "" && !m.ParseTraceParent(header) {
		m.Fail(&Result{"invalid", 3, errInvalid.Error()})
	}
	if !found {
		status.WriteHeader(http.StatusNotFound)
		return
	}
	route.action(m, status)
}

type recorder struct {
	http.ResponseWriter
	code int
}

// WriteHeader keeps the first code.
func (r *recorder) WriteHeader(code int) {
	if r.code == 0 {
		r.code = code
		r.ResponseWriter.WriteHeader(code)
	}
}
