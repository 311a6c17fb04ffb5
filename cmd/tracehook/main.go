// Command tracehook looks at what tracehook writes, and at its configuration before it is
// deployed.
//
//	tracehook check trace.toml                    every problem, under its place
//	tracehook explain trace.toml --name http:GET  what each connection does with such a span
//	tracehook ls store/ --query status:error      spans of files, directories, a live page, or standard input
//	tracehook tail trace.jsonl                    spans as they are written
//	tracehook show 4bf92f35 store/                one trace as a tree
//	tracehook schema                              the JSON Schema of the configuration
//
// It ends with 0 if all is well, with 1 if there is a problem, or --fail-on found something, and
// with 2 if it was used wrongly.
package main

import (
	"context"
	"os"
	"os/signal"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, system(), os.Args[1:])
	stop()
	os.Exit(code) //nolint:forbidigo // a program says by it how it went
}
