package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/tracehook/tracehook/exporter/delivery"
	"github.com/tracehook/tracehook/internal/query/querytest"
)

const (
	oldPlan = "[trace.backend]\ndriver = \"otlp\"\n[trace.backend.setting]\nendpoint = \"http://127.0.0.1:4318\"\n"
	newPlan = oldPlan + "[trace.backend.sample]\nrate = 0\n[trace.second]\ndriver = \"file\"\n[trace.second.setting]\npath = \"x.jsonl\"\n"
)

func TestPlan(t *testing.T) {
	t.Parallel()
	before, after := write(t, "old.toml", oldPlan), write(t, "new.toml", newPlan)
	spans := querytest.Spans()
	for name, where := range map[string]string{
		"OTLP": corpus(t, "otlp"), "JSON": corpus(t, "json"), "a spool": spooled(t, delivery.Retry, spans...),
	} {
		r := tracehook(t, "", "plan", before, after, where, "--json")
		lines := strings.Split(strings.TrimSpace(r.out), "\n")
		if r.code != fine || r.err != "" || len(lines) != 2 {
			t.Errorf("%s: %+v", name, r)
			continue
		}
		var said struct {
			Connections []struct {
				Connection  string
				Kept, Spans int
			}
			Because []string `json:"estimate_because"`
		}
		if err := json.Unmarshal([]byte(lines[1]), &said); err != nil {
			t.Fatal(err)
		}
		c := said.Connections
		if len(c) != 2 || c[0].Connection != "backend" || c[0].Kept != 3 || c[1].Kept != 8 || c[1].Spans != 8 {
			t.Errorf("%s: %s", name, lines[1])
		}
		if estimate := strings.Contains(strings.Join(said.Because, " "), "encoding"); estimate != (name == "JSON") {
			t.Errorf("%s: an estimate because %q", name, said.Because)
		}
	}
	path := corpus(t, "otlp")
	r := tracehook(t, "", "plan", before, after, path)
	for _, want := range []string{"8 spans of", `connection "backend"`, "3 of 8, 37.5 %", "kept by error", "failing traces kept whole", "old.toml"} {
		if !strings.Contains(r.out, want) {
			t.Errorf("the tables lack %q:\n%s", want, r.out)
		}
	}
	for condition, code := range map[string]int{
		"backend.kept > 37%": problem, "backend.kept > 38%": fine, "second.kept < 8": fine, "backend.kept": misusage, "third.kept > 1": misusage,
	} {
		r := tracehook(t, "", "plan", before, after, path, "--fail-if", condition)
		if r.code != code || code != fine && !strings.Contains(r.err, "--fail-if") {
			t.Errorf("%s: code %d, %q", condition, r.code, r.err)
		}
	}
}

func TestPlanOfBadInput(t *testing.T) {
	t.Parallel()
	before, bad := write(t, "old.toml", oldPlan), write(t, "new.toml", oldPlan+"drivr = 1\n")
	good := encoded(t, "otlp", querytest.Spans()...)
	for _, test := range []struct {
		name string
		args []string
		code int
		says string
	}{
		{"a wrong configuration", []string{before, bad, corpus(t, "otlp")}, problem, "drivr"},
		{"no configuration", []string{before, "none.toml", corpus(t, "otlp")}, problem, "none.toml"},
		{"nothing recorded", []string{before, before, write(t, "x.jsonl", "")}, problem, "no spans"},
		{"no file", []string{before, before, "none.jsonl"}, problem, "no such file"},
		{"text", []string{before, before, write(t, "x.log", "hello\n")}, problem, "that is no span"},
		{"half", []string{before, before, write(t, "x.jsonl", good+good[:len(good)/2])}, problem, "can't be read"},
		{"no ids", []string{before, before, write(t, "x.jsonl", `{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"x"}]}]}]}`+"\n")}, problem, "no ids"},
		{"an estimate", []string{before, before, corpus(t, "json"), "--exact"}, problem, "no more than an estimate"},
		{"too few arguments", []string{before, before}, misusage, "plan needs two configurations and recorded traces, for example: tracehook plan old.toml"},
	} {
		r := tracehook(t, "", append([]string{"plan"}, test.args...)...)
		if r.code != test.code || !strings.Contains(r.err, test.says) || strings.Contains(r.err, "goroutine") {
			t.Errorf("%s: %+v", test.name, r)
		}
	}
}

// Shares have two digits that matter, and no exponent.
func TestSharesAreReadable(t *testing.T) {
	t.Parallel()
	for share, want := range map[float64]string{0: "0 %", 0.00001: "0 %", 0.00123: "+0.12 %", -0.333: "-33 %", -0.996: "-100 %", -1: "-100 %", 12.34: "+1234 %"} {
		if got := percent(share); got != want {
			t.Errorf("%v is %s, want %s", share, got, want)
		}
	}
}
