package page

import (
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/tracehook/tracehook/exporter"
)

const (
	// writeTimeout is how long one piece of an answer may wait for a browser to read.
	writeTimeout = 10 * time.Second
	// streamsAtOnce is how many requests may follow at a time.
	streamsAtOnce = 32
)

// handlers answer requests.
type handlers struct {
	store     *store
	inspector exporter.Inspector // nil: nobody knows about other connections
	stop      <-chan struct{}    // closed when the page ends
	searches  chan struct{}      // holds a value for each search that runs
	streams   chan struct{}      // holds a value for each request that follows
}

func newServer(h *handlers, g *guard, logger *slog.Logger) *http.Server {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", h.page)
	mux.HandleFunc("GET /api/spans", h.spans)
	mux.HandleFunc("GET /api/traces", h.traces)
	mux.HandleFunc("GET /api/traces/{id}", h.trace)
	mux.HandleFunc("GET /api/traces/{id}/tree", h.tree)
	mux.HandleFunc("GET /api/traces/{id}/matches", h.matches)
	mux.HandleFunc("GET /api/traces/{id}/decisions", h.decisions)
	mux.HandleFunc("GET /api/connections", h.connections)
	mux.HandleFunc("GET /api/events", h.events)
	mux.HandleFunc("/api/", func(w http.ResponseWriter, _ *http.Request) {
		fail(w, http.StatusNotFound, "there is nothing here; see GET /api/spans, /api/traces, /api/connections and /api/events")
	})
	return &http.Server{
		Handler:           guarded(mux, g),
		ReadHeaderTimeout: 5 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelDebug),
	}
}

// guarded asks g about each request, and sets what every answer says.
func guarded(next http.Handler, g *guard) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("X-Frame-Options", "DENY")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Cross-Origin-Resource-Policy", "same-origin")
		header.Set("Cross-Origin-Opener-Policy", "same-origin")
		header.Set("Content-Security-Policy", policy())
		header.Set("Cache-Control", "no-store")
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(writeTimeout))
		if why := g.refuse(r); why != "" {
			fail(w, http.StatusForbidden, why)
			return
		}
		if g.token != "" && r.Method == http.MethodPost && r.URL.Path == "/login" {
			g.login(w, r)
			return
		}
		if !g.knows(r) {
			if strings.HasPrefix(r.URL.Path, "/api/") {
				w.Header().Set("WWW-Authenticate", `Bearer realm="tracehook"`)
				fail(w, http.StatusUnauthorized, "the token is missing or wrong; send it as Authorization: Bearer TOKEN")
				return
			}
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = w.Write(loginPage(""))
			return
		}
		next.ServeHTTP(w, r)
	})
}
