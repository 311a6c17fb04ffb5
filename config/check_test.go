package config_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tracehook/tracehook/config"
)

func TestWithCheckJoinsTheProblemsOfBoth(t *testing.T) {
	t.Parallel()
	const text = "[trace.a]\ndriver = \"fiel\"\nbuffer = 0\nfields = [1, \"x\"]\n[trace.b]\ndriver = 5\n[trace.b.sample]\nrate = 2\n[trace.c]\n"
	check := func(cfg config.Config) error {
		var ps config.Problems
		for _, key := range []struct{ connection, key string }{
			{"c", ""}, {"a", "driver"}, {"a", "fields[0]"}, {"a", "buffer"}, {"b", "driver"}, {"b", ""}, {"b", "sample.key"},
		} {
			ps = append(ps, cfg.NewProblem(cfg.KeyPath(key.connection, key.key), "checked"))
		}
		return ps
	}
	_, err := config.Parse([]byte(text), "toml", bare(), config.WithFile("f"), config.WithCheck(check))
	var ps config.Problems
	if !errors.As(err, &ps) {
		t.Fatalf("got %v", err)
	}
	got := make(map[string]string)
	for _, p := range ps {
		got[p.Path] = p.Message
		if p.Message != "checked" {
			got[p.Path] = "own"
		}
	}
	want := map[string]string{
		"trace.a.driver": "checked", "trace.a.buffer": "own", "trace.a.fields[0]": "own",
		"trace.b.driver": "own", "trace.b.sample.rate": "own", "trace.b.sample.key": "checked",
		"trace.c": "checked",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s\n%v", diff, err)
	}
}

func TestWithCheckAlone(t *testing.T) {
	t.Parallel()
	no := errors.New("not today")
	_, err := config.Parse([]byte("[trace]\n"), "toml", bare(), config.WithFile("f"), config.WithCheck(func(config.Config) error { return no }))
	if err == nil || err.Error() != "f: not today" {
		t.Errorf("got %v", err)
	}
	called := false
	_, err = config.Parse([]byte("[trace\n"), "toml", bare(), config.WithCheck(func(config.Config) error { called = true; return no }))
	if err == nil || called {
		t.Errorf("with broken syntax: %v, called %v", err, called)
	}
	if _, err = config.Parse(nil, "toml", bare(), config.WithCheck(func(config.Config) error { return nil })); err != nil {
		t.Error(err)
	}
}
