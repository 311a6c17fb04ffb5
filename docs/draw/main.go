// Command draw makes the pictures of docs/sampling.md, and the pictures and tables of docs/benchmarks.md, from
// the folder docs:
//
//	go run ./draw
//
// What they show isn't drawn by hand: the program asks the sampler, and the last run of the benchmarks. A test
// compares what is committed with what it would make.
package main

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"

	"github.com/tracehook/tracehook/docs/figures"
)

// samplingPictures returns each picture of docs/sampling.md by its file name.
func samplingPictures() (map[string]string, error) {
	trace, err := drawTrace()
	if err != nil {
		return nil, err
	}
	chain, err := drawChain()
	if err != nil {
		return nil, err
	}
	whole, err := drawWhole()
	if err != nil {
		return nil, err
	}
	return map[string]string{
		"sampling-thresholds.svg": drawThresholds(),
		"sampling-trace.svg":      trace,
		"sampling-chain.svg":      chain,
		"sampling-whole.svg":      whole,
	}, nil
}

// files returns everything that is made, by its path below the folder docs. The page with tables is made of
// the one that is there.
func files(docs string) (map[string]string, error) {
	pictures, err := samplingPictures()
	if err != nil {
		return nil, err
	}
	run, err := figures.Committed()
	if err != nil {
		return nil, err
	}
	maps.Copy(pictures, drawGrowths(run.Growth))
	all := make(map[string]string, len(pictures)+1)
	for name, picture := range pictures {
		all[filepath.Join("img", name)] = picture
	}
	const page = "benchmarks.md"
	text, err := os.ReadFile(filepath.Join(docs, page))
	if err != nil {
		return nil, err
	}
	if all[page], err = run.Fill(string(text)); err != nil {
		return nil, fmt.Errorf("%s: %w", page, err)
	}
	return all, nil
}

func run(docs string) error {
	all, err := files(docs)
	if err != nil {
		return err
	}
	for path, text := range all {
		if err := os.WriteFile(filepath.Join(docs, path), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func main() {
	docs := flag.String("docs", ".", "the folder docs")
	flag.Parse()
	if err := run(*docs); err != nil {
		fmt.Fprintln(os.Stderr, "draw:", err)
		os.Exit(1) //nolint:forbidigo // a command tells its caller
	}
}
