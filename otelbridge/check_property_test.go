package otelbridge_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/otelbridge"
	"github.com/tracehook/tracehook/setting"
)

// driverKeys returns the keys that a driver reads in one of its tables.
func driverKeys(d exporter.Driver, table string) []setting.Key {
	var keys []setting.Key
	s := exporter.Settings{Connection: "c", Path: "trace.c", Spool: map[string]any{"dir": "spool"}}
	s.Source = setting.NewRecorder(func(at string, key setting.Key) {
		if at == "trace.c."+table {
			keys = append(keys, key)
		}
	})
	if d.Check != nil {
		_ = d.Check(s) // only the keys are of interest
	}
	return keys
}

// anyValue returns a value for a key: mostly of its type, right or at a bound, and sometimes another.
func anyValue(r *rand.Rand, key setting.Key) any {
	pick := func(of ...any) any { return of[r.IntN(len(of))] }
	if r.IntN(8) == 0 {
		return pick("", "x", 0, -1, 1, 0.5, 1e300, true, []any{}, []any{"a"}, map[string]any{}, map[string]any{"a": "b"}, nil, "\x00", "${x", "a b")
	}
	if len(key.Words) > 0 && r.IntN(2) == 0 {
		return key.Words[r.IntN(len(key.Words))]
	}
	switch key.Type {
	case "bool":
		return pick(true, false, "true")
	case "integer":
		return pick(key.Least, key.Most, 1, 4001, 65535, 65536, int64(1<<40))
	case "size":
		return pick(key.Least, "1B", "64KB", "1GB", 1<<20, "9EB")
	case "number":
		return pick(key.Least, key.Most, 0.5, 1)
	case "duration", "word or duration":
		return pick("1ns", "1ms", "5s", "1d", "9999d", 3)
	case "list", "list of text":
		return pick([]any{}, []any{"name"}, []any{"name", "name"}, "name,trace_id")
	case "table", "table of text":
		return pick(map[string]any{}, map[string]any{"x-a": "b"}, map[string]any{"a b": "c\n"}, map[string]any{"name": "n"})
	default:
		return pick("http://127.0.0.1:1", "https://127.0.0.1:1/v1/traces", "127.0.0.1:1", "grpc://127.0.0.1:1", "a.log", "d/b.log", "/dev/null/x", "%name%", "%nam%", "0644", "9999", "public", "127.0.0.1:0", "none", "é")
	}
}

// What CheckHere accepts, New builds, whatever the keys of the drivers hold. What Check alone accepts
// is wrong on this machine at most.
//
// It changes the working directory.
func TestWhatCheckAcceptsIsBuiltWhateverTheKeys(t *testing.T) {
	t.Chdir(t.TempDir())
	drivers := otelbridge.Drivers()
	names := slices.Sorted(maps.Keys(drivers))
	r := rand.New(rand.NewPCG(15, 15))
	accepted := make(map[string]int)
	for round := range 1500 {
		name := names[round%len(names)]
		if name == "otlptracehttp" {
			continue // it reads the environment, and no keys
		}
		conn := map[string]any{"driver": name}
		tables := []string{"setting"}
		if drivers[name].Spool && r.IntN(2) == 0 {
			tables = append(tables, "spool", "retry")
		}
		for _, table := range tables {
			values := make(map[string]any)
			for _, key := range driverKeys(drivers[name], table) {
				if r.IntN(6) == 0 {
					values[key.Names[r.IntN(len(key.Names))]] = anyValue(r, key)
				}
			}
			if table == "spool" && r.IntN(4) > 0 {
				values["dir"] = fmt.Sprint("spool-", round)
			}
			if name == "page" {
				values["listen"] = "127.0.0.1:0" // nobody else has it
			}
			conn[table] = values
		}
		if r.IntN(4) == 0 {
			conn["format"] = "%name%"
		}
		if r.IntN(4) == 0 {
			conn["fields"] = []any{"name", "trace_id"}
		}
		cfg, err := config.FromMap(map[string]any{"trace": map[string]any{"c": conn}}, config.WithEnviron(nil))
		if err != nil {
			continue
		}
		here := otelbridge.CheckHere(cfg)
		if otelbridge.Check(cfg) == nil {
			problems, _ := errors.AsType[config.Problems](here)
			for _, p := range problems {
				if !p.Here {
					t.Errorf("Check accepts %v, in which this is wrong everywhere: %v", conn, p)
				}
			}
		}
		if here != nil {
			continue
		}
		b, err := otelbridge.New(t.Context(), cfg, otelbridge.WithOutput(io.Discard, io.Discard), otelbridge.WithStrict())
		if err != nil {
			t.Errorf("CheckHere accepts %v, and New refuses it: %v", conn, err)
			continue
		}
		accepted[name]++
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		if err := b.Shutdown(ctx); err != nil {
			t.Errorf("%v: %v", conn, err)
		}
		cancel()
	}
	for _, name := range names {
		if name != "otlptracehttp" && accepted[name] < 3 {
			t.Errorf("%s: only %d configurations were accepted", name, accepted[name])
		}
	}
}
