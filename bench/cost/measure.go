package cost

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/tracehook/tracehook/bench/cpu"
)

// ChildArgument is the first argument of the processes that [Measure] starts: the same program, which
// hands the other arguments to [Child].
const ChildArgument = "cost-child"

// Child is what such a process does.
func Child(args []string) error {
	switch {
	case len(args) == 1 && args[0] == "receive":
		return receive()
	case len(args) == 4 && args[0] == "trace":
		var l Load
		if err := json.Unmarshal([]byte(args[1]), &l); err != nil {
			return err
		}
		return trace(l, strings.Split(args[2], ","), args[3])
	}
	return errors.New("a child process is started by the benchmark alone")
}

// result is what a tracing process prints.
type result struct {
	CPU   time.Duration // of one span
	Spans int           // started
}

// Measure returns microseconds of CPU time of a span. A CPU profile goes to the file, if there is to be
// one. A run in which a span didn't arrive is repeated, since on a machine that has other work some are lost.
func (l Load) Measure(profile string) (us float64, err error) {
	if !cpu.Known {
		return 0, errors.New("the CPU time of a process isn't known on this system")
	}
	for range 3 {
		if us, err = l.once(profile); err == nil {
			return us, nil
		}
	}
	return 0, err
}

func (l Load) once(profile string) (float64, error) {
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	receiver := exec.CommandContext(context.Background(), self, ChildArgument, "receive")
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
	defer func() { _ = receiver.Wait() }()
	defer func() { _ = stdin.Close() }() // it ends then
	answers := json.NewDecoder(stdout)
	var addresses []string
	if err := answers.Decode(&addresses); err != nil {
		return 0, err
	}
	r, err := l.trace(self, addresses, profile)
	if err != nil {
		return 0, err
	}
	if err := stdin.Close(); err != nil {
		return 0, err
	}
	var received int
	if err := answers.Decode(&received); err != nil {
		return 0, err
	}
	if want := r.Spans * l.Connections; received != want {
		return 0, fmt.Errorf("%d spans arrived, want %d", received, want)
	}
	return float64(r.CPU.Nanoseconds()) / 1000, nil
}

// trace runs the process that is measured.
func (l Load) trace(self string, addresses []string, profile string) (r result, err error) {
	folder, err := os.MkdirTemp("", "cost")
	if err != nil {
		return r, err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	if profile != "" { // the process works in that folder
		if profile, err = filepath.Abs(profile); err != nil {
			return r, err
		}
	}
	arguments, err := json.Marshal(l)
	if err != nil {
		return r, err
	}
	child := exec.CommandContext(context.Background(), self, ChildArgument, "trace", string(arguments), strings.Join(addresses, ","), profile)
	child.Stderr, child.Dir = os.Stderr, folder
	out, err := child.Output()
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal(out, &r); err != nil {
		return r, err
	}
	if !l.File {
		return r, nil
	}
	data, err := os.ReadFile(filepath.Join(folder, "trace.log"))
	if err != nil {
		return r, err
	}
	if got := strings.Count(string(data), "\n"); got != r.Spans {
		return r, fmt.Errorf("%d lines in the file, want %d", got, r.Spans)
	}
	return r, nil
}
