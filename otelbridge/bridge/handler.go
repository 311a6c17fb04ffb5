package bridge

import (
	"encoding/json"
	"net/http"

	"github.com/tracehook/tracehook/processor"
)

// Handler serves the numbers as JSON, for an application to mount where its operators can
// reach it: GET /stats is [Bridge.Stats], GET /health is [Bridge.Health] and answers 503
// while a connection is failing. It holds no secrets, but it names connections and errors;
// don't mount it where strangers can read it. Use [http.StripPrefix] below another path.
func (b *Bridge) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /stats", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, b.Stats())
	})
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) {
		health, status := b.Health(), http.StatusOK
		if health.State == processor.StateFailing {
			status = http.StatusServiceUnavailable
		}
		writeJSON(w, status, health)
	})
	return mux
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(append(data, '\n')) // the client is gone
}
