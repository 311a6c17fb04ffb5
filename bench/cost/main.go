//go:build unix

// Cost measures what tracing costs a whole process: CPU time of a span from its start until
// its destination has acknowledged it. Load is paced, spans have four attributes, and the
// receiver is another process, whose time doesn't count. Every contender runs in a process of
// its own, in turn, for as many rounds as are asked for; ratios are medians of the ratios of
// one round.
//
//	cd bench && go run ./cost
//	cd bench && go run ./cost -only otlp -profile /tmp/cost.prof
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// contenders are in the order of the table. The first is what the others are compared with.
func contenders() []string {
	return []string{"SDK, one batcher with otlptracehttp", "SDK, four", "otlp", "otlp, four", "otlp and file", "otlp, gRPC", "none"}
}

// target returns an upper bound of the ratio, 0 where there is none.
func target(name string) float64 {
	return map[string]float64{"otlp": 0.80, "otlp, four": 1.10, "otlp and file": 0.85}[name]
}

func main() {
	rounds := flag.Int("rounds", 7, "how often each contender is measured")
	spans := flag.Int("spans", 40_000, "spans of one measurement")
	rate := flag.Int("rate", 10_000, "spans a second")
	only := flag.String("only", "", "only this contender, without a comparison")
	profile := flag.String("profile", "", "with -only: where the CPU profile goes")
	role := flag.String("role", "", "what a child process is: receive or trace")
	contender := flag.String("contender", "", "of a child process")
	addresses := flag.String("target", "", "of a child process: addresses of the receiver")
	flag.Parse()
	var err error
	switch *role {
	case "receive":
		err = receive()
	case "trace":
		err = trace(*contender, strings.Split(*addresses, ","), *spans, *rate, *profile)
	default:
		err = compare(*rounds, *only, []string{"-spans", strconv.Itoa(*spans), "-rate", strconv.Itoa(*rate), "-profile", *profile})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// result is what a child process prints.
type result struct {
	CPU   time.Duration // of one span
	Spans int           // started
}

func compare(rounds int, only string, args []string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	names := contenders()
	if only != "" {
		names = []string{only}
	}
	times := make(map[string][]float64)
	for round := range rounds {
		for i := range names {
			name := names[(i+round)%len(names)]
			var cpu float64
			for range 5 { // spans are lost where the machine has other work
				if cpu, err = measure(self, name, args); err == nil {
					break
				}
			}
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			times[name] = append(times[name], cpu)
		}
	}
	fmt.Println("| what | us a span | ratio | quartiles | target |")
	fmt.Println("|---|---|---|---|---|")
	for _, name := range names {
		var ratios []float64
		for i, t := range times[name] {
			ratios = append(ratios, t/times[names[0]][i])
		}
		slices.Sort(ratios)
		slices.Sort(times[name])
		ratio, verdict := ratios[len(ratios)/2], ""
		if bound := target(name); bound > 0 && only == "" {
			verdict = fmt.Sprintf("%.2f met", bound)
			if ratio > bound {
				verdict = fmt.Sprintf("%.2f **missed**", bound)
			}
		}
		fmt.Printf("| %s | %.2f | **%.2f** | %.2f-%.2f | %s |\n", name, times[name][len(ratios)/2], ratio,
			ratios[len(ratios)/4], ratios[len(ratios)*3/4], verdict)
	}
	return nil
}

// measure runs one contender against a receiver of its own and returns microseconds a span.
func measure(self, name string, args []string) (float64, error) {
	receiver := exec.CommandContext(context.Background(), self, "-role", "receive")
	stdin, err := receiver.StdinPipe()
	if err != nil {
		return 0, err
	}
	stdout, err := receiver.StdoutPipe()
	if err != nil {
		return 0, err
	}
	receiver.Stderr = os.Stderr
	if err := receiver.Start(); err != nil {
		return 0, err
	}
	answers := json.NewDecoder(stdout)
	var addresses []string
	if err := answers.Decode(&addresses); err != nil {
		return 0, err
	}
	child := exec.CommandContext(context.Background(), self, append([]string{"-role", "trace", "-contender", name, "-target", strings.Join(addresses, ",")}, args...)...)
	child.Stderr = os.Stderr
	child.Dir, err = os.MkdirTemp("", "cost")
	if err != nil {
		return 0, err
	}
	defer func() { _ = os.RemoveAll(child.Dir) }()
	out, err := child.Output()
	if err != nil {
		return 0, err
	}
	var r result
	if err := json.Unmarshal(out, &r); err != nil {
		return 0, err
	}
	if err := stdin.Close(); err != nil {
		return 0, err
	}
	var received int
	if err := answers.Decode(&received); err != nil {
		return 0, err
	}
	if want := r.Spans * destinations(name); received != want {
		return 0, fmt.Errorf("%d spans arrived, want %d", received, want)
	}
	if err := receiver.Wait(); err != nil {
		return 0, err
	}
	if err := lines(filepath.Join(child.Dir, "trace.log"), name, r.Spans); err != nil {
		return 0, err
	}
	return float64(r.CPU.Nanoseconds()) / 1000, nil
}

// destinations returns how many times a span is sent to the receiver.
func destinations(name string) int {
	switch {
	case name == "none":
		return 0
	case strings.HasSuffix(name, "four"):
		return 4
	default:
		return 1
	}
}

// lines checks that the file has all spans, if there is to be one.
func lines(path, name string, want int) error {
	if !strings.HasSuffix(name, "file") {
		return nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if got := strings.Count(string(data), "\n"); got != want {
		return fmt.Errorf("%d lines, want %d", got, want)
	}
	return nil
}
