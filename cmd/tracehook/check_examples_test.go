package main

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/otelbridge"
)

// What check accepts on this machine, New builds, and the other way round: for every configuration in the
// repository with one line changed, broken or taken out. Drivers check, and open nothing.
func TestCheckAndNewAgreeOnExamples(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("../../examples/*/*.toml")
	if err != nil || len(paths) < 4 {
		t.Fatalf("%v, %v", paths, err)
	}
	values := []string{`1.5`, `-1`, `"x"`, `true`, `"drop"`, `[]`, `{}`, `"5s"`, `0`, `"127.0.0.1:0"`, `{ rate = 2 }`, `[ { name = "a" } ]`, `"otlp"`}
	random := rand.New(rand.NewPCG(3, 4))
	accepted, all := 0, 0
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for range 60 {
			lines := strings.Split(string(content), "\n")
			at := random.IntN(len(lines))
			switch key, _, ok := strings.Cut(lines[at], " = "); {
			case ok && random.IntN(4) > 0:
				lines[at] = key + " = " + values[random.IntN(len(values))]
			case ok:
				lines[at] = key + "x" + lines[at][len(key):]
			default:
				lines = append(lines[:at], lines[at+1:]...)
			}
			text := strings.Join(lines, "\n")
			mutated := write(t, "trace.toml", text)
			code := tracehook(t, "", "check", "--here", mutated).code
			err := builds(t, mutated)
			if all++; err == nil {
				accepted++
			}
			if (code == fine) != (err == nil) {
				t.Errorf("check ends with %d, New says %v about %s with\n%s", code, err, path, text)
			}
		}
	}
	if accepted < all/10 || accepted > all*9/10 {
		t.Errorf("%d of %d were accepted: the test says little", accepted, all)
	}
}

// builds makes a Bridge whose drivers open nothing.
func builds(t *testing.T, path string) error {
	t.Helper()
	cfg, err := config.Load(path, config.WithEnviron(func() []string { return nil }))
	if err != nil {
		return err
	}
	var opts []otelbridge.Option
	for name, d := range otelbridge.Drivers() {
		d.New = discard
		opts = append(opts, otelbridge.WithDriverSpec(name, d))
	}
	b, err := otelbridge.New(t.Context(), cfg, opts...)
	if err != nil {
		return err
	}
	return b.Shutdown(t.Context())
}
