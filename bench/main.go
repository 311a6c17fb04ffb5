// Bench makes the tables and pictures of docs/benchmarks.md. Everything is measured once in each round, and
// what is compared runs in turn: a ratio of neighbors in time means something on a machine that has other
// work, an absolute time doesn't.
//
//	make bench-all                        # everything, into the page
//	cd bench && go run .                  # everything, printed
//	cd bench && go run . -run Begin       # the rows and tables whose name contains Begin
//	cd bench && go run . -run 'otlp, one' -profile /tmp/cost.prof
//	cd bench && go run . -peers ~/src     # with checkouts of the libraries that no module proxy has
//
// A target that is missed is said to be missed; only what can't be measured is an error.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/tracehook/tracehook/bench/cost"
	"github.com/tracehook/tracehook/docs/figures"
)

// options are the flags.
type options struct {
	match   string
	profile string
	peers   string
	rounds  int
	write   string
}

// wants reports whether a row of a section is to be measured.
func (o options) wants(section, row string) bool {
	return strings.Contains(section+": "+row, o.match)
}

func main() {
	if len(os.Args) > 1 {
		child := map[string]func([]string) error{cost.ChildArgument: cost.Child, memoryArgument: memoryChild}[os.Args[1]]
		if child != nil {
			exit(child(os.Args[2:]))
		}
	}
	testing.Init()
	var o options
	flag.StringVar(&o.match, "run", "", "only rows whose name, behind that of their table, contains this")
	flag.StringVar(&o.profile, "profile", "", "where a CPU profile of the one row of the table process goes that -run asks for")
	flag.StringVar(&o.peers, "peers", "", "a folder with checkouts of other libraries: infra, base, trace, trace-file, lumen")
	flag.IntVar(&o.rounds, "rounds", 7, "how often everything is measured")
	flag.StringVar(&o.write, "write", "", "the file that the figures go to")
	flag.Parse()
	if f := flag.Lookup("test.benchtime"); f.Value.String() == f.DefValue {
		_ = flag.Set("test.benchtime", "100ms")
	}
	if o.write != "" && o.match != "" {
		exit(errors.New("-write takes all figures of one run: leave -run out"))
	}
	if o.rounds < 1 {
		exit(errors.New("-rounds must be at least 1"))
	}
	if o.profile != "" && newProcess(o).asked() != 1 {
		exit(errors.New("-profile needs -run with the name of one row of the table process, such as 'otlp, one'"))
	}
	exit(run(o))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// run measures, prints the tables and writes the figures.
func run(o options) (err error) {
	report := figures.Report{Machine: machine(), Load: load(), Rounds: o.rounds}
	sections := all(o)
	defer func() { err = errors.Join(err, closeAll(sections)) }()
	began := time.Now()
	for i := range o.rounds {
		for _, s := range sections {
			for _, source := range s.sources {
				source.measure(i)
			}
		}
		fmt.Fprintf(os.Stderr, "round %d of %d after %v\n", i+1, o.rounds, time.Since(began).Round(time.Second))
	}
	failed := 0
	for _, s := range sections {
		table := figures.Table{Name: s.name}
		for _, source := range s.sources {
			rows := source.rows()
			table.Rows = append(table.Rows, rows...)
			if o, ok := source.(optional); !ok || !o.skipped() {
				failed += notMeasured(rows)
			}
			if g, ok := source.(*growth); ok {
				var missing error
				report.Growth, missing = g.result()
				err = errors.Join(err, missing)
			}
		}
		if len(table.Rows) > 0 {
			report.Tables = append(report.Tables, table)
		}
	}
	if len(report.Tables)+len(report.Growth) == 0 {
		return errors.Join(err, fmt.Errorf("no row's name contains %q", o.match))
	}
	show(report)
	if failed > 0 {
		err = errors.Join(err, fmt.Errorf("%d rows could not be measured", failed))
	}
	if o.write == "" {
		return err
	}
	return errors.Join(err, write(o.write, report))
}

func write(path string, r figures.Report) error {
	data, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(data, '\n'), 0o644)
}

func notMeasured(rows []figures.Row) (n int) {
	for _, row := range rows {
		if row.Failed != "" {
			n++
		}
	}
	return n
}

func show(r figures.Report) {
	fmt.Println(r.Verdict())
	for _, t := range r.Tables {
		fmt.Printf("%s\n\n%s\n", t.Name, t.Markdown())
	}
	for _, g := range r.Growth {
		fmt.Println(g.Markdown())
	}
}

func machine() string {
	return fmt.Sprintf("%s, %s/%s, %d CPUs, OpenTelemetry SDK %s", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), sdkVersion())
}

func sdkVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			if m.Path == "go.opentelemetry.io/otel/sdk" {
				return m.Version
			}
		}
	}
	return "unknown"
}

// load returns how many processes wanted to run lately, where the system says so.
func load() string {
	data, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return ""
	}
	first, _, _ := strings.Cut(string(data), " ")
	return first
}
