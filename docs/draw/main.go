// Command draw makes the pictures of docs/sampling.md, from the folder docs:
//
//	go run ./draw
//
// What they show isn't drawn by hand: the program asks the sampler. A test compares the
// committed pictures with what it would draw.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

// pictures returns each picture by its file name.
func pictures() (map[string]string, error) {
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

func run(folder string) error {
	all, err := pictures()
	if err != nil {
		return err
	}
	for name, svg := range all {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(svg), 0o644); err != nil {
			return fmt.Errorf("picture %q: %w", name, err)
		}
	}
	return nil
}

func main() {
	folder := flag.String("out", "img", "the folder that the pictures go to")
	flag.Parse()
	if err := run(*folder); err != nil {
		fmt.Fprintln(os.Stderr, "draw:", err)
		os.Exit(1) //nolint:forbidigo // a command tells its caller
	}
}
