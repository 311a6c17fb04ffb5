package dynamodb_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"testing"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/dynamodb"
	"github.com/tracehook/tracehook/exporter/exportertest"
)

func TestDriver(t *testing.T) {
	t.Parallel()
	for name, more := range map[string][]any{"recorder": nil, "otel": {"schema", "otel", "ttl", "1h"}, "spooled": {"schema", "otel"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			of := func(tb testing.TB, url string) exporter.Settings {
				tb.Helper()
				s := settings(url, more...)
				if name == "spooled" {
					s.Spool = map[string]any{"dir": filepath.Join(tb.TempDir(), "spool")}
				}
				return s
			}
			exportertest.RunDriver(t, exportertest.DriverSubject{
				Driver:   dynamodb.Driver(),
				Settings: func(tb testing.TB) exporter.Settings { tb.Helper(); return of(tb, newProxy(tb).url) },
				Failing: func(tb testing.TB) exporter.Settings {
					tb.Helper()
					p := newProxy(tb)
					calls := 0
					p.answer = func(string) (int, string) {
						p.mu.Lock()
						defer p.mu.Unlock()
						if calls++; calls%2 == 0 {
							return says(http.StatusBadRequest, "UnrecognizedClientException", "The security token "+secretKey+" is invalid.")("")
						}
						return says(http.StatusInternalServerError, "InternalServerError", "not for "+secretKey)("")
					}
					s := of(tb, p.url)
					s.Retry = map[string]any{"initial": "1ms", "max": "5ms", "budget": "50ms"}
					return s
				},
				Count: func(tb testing.TB, s exporter.Settings) int {
					tb.Helper()
					return len(scan(tb, fmt.Sprint(s.Setting["table"])))
				},
				Output: func(tb testing.TB, s exporter.Settings) string {
					tb.Helper()
					data, err := json.Marshal(scan(tb, fmt.Sprint(s.Setting["table"])))
					if err != nil {
						tb.Fatal(err)
					}
					return string(data)
				},
				Secrets: []string{secretKey},
			})
		})
	}
}
