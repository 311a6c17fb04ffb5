package config_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tracehook/tracehook/config"
)

var update = flag.Bool("update", false, "write the golden files")

// Every file in testdata/bad is refused with the text beside it.
func TestLoad_refuses(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/bad/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		golden := file + ".golden"
		if strings.HasSuffix(file, ".golden") {
			continue
		}
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			cfg, err := config.Load(file, environ("SECRET=hunter2", "not a name=x"))
			if err == nil {
				t.Fatalf("loaded: %v", cfg)
			}
			if len(cfg.Connections) > 0 {
				t.Error("the Config is not zero")
			}
			got := strings.ReplaceAll(err.Error(), "testdata/bad/", "") + "\n"
			if strings.Contains(got, "hunter2") {
				t.Errorf("the error quotes a secret:\n%s", got)
			}
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
		})
	}
}

func TestProblems_isEachProblem(t *testing.T) {
	t.Parallel()
	_, err := config.Parse([]byte("[trace]\nbuffer = 0\nsample = 2\n"), "toml", bare(), config.WithFile("x.toml"))
	first, ok := errors.AsType[config.Problem](err)
	want := config.Problem{
		Path: "trace.buffer", File: "x.toml", Line: 2, Column: 1,
		Message: "0 is too small; the least is 1",
	}
	if !ok || first != want {
		t.Errorf("errors.As found %#v, want %#v", first, want)
	}
	all, ok := errors.AsType[config.Problems](err)
	if !ok || len(all) != 2 {
		t.Errorf("errors.As found %d problems, want 2", len(all))
	}
}
