// Quickstart is a small real service under tracehook: an HTTP server and client on
// loopback, handlers that use the framework's API and plain OTel, requests that run at once
// and one that fails. It writes to a console and to a file, prints the accounts and exits. With
// -forever it serves until SIGINT or SIGTERM; with -page, too, and shows the traces on a page.
package main

import (
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/otelbridge"
)

//go:embed trace.toml
var traceTOML []byte

//go:embed page.toml
var pageTOML []byte

// options is what the command line says.
type options struct {
	config        string
	requests      int
	forever, page bool
}

func main() {
	var o options
	flag.StringVar(&o.config, "config", "", "a configuration `FILE` in place of the built-in one")
	flag.IntVar(&o.requests, "requests", 12, "how many requests to send")
	flag.BoolVar(&o.forever, "forever", false, "go on until SIGINT or SIGTERM")
	flag.BoolVar(&o.page, "page", false, "show the traces on a page, and go on")
	flag.Parse()
	if o.requests < 0 || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, o)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	cfg, err := load(o)
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	bridge, err := otelbridge.New(ctx, cfg, otelbridge.WithLogger(log))
	if err != nil {
		return err
	}
	bridge.Install()

	for name, address := range bridge.Health().Addresses {
		fmt.Printf("connection %q is at %s\n", name, address)
	}
	sent, err := drive(ctx, o)

	// The signal has used up ctx; what is queued still gets its five seconds.
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	err = errors.Join(err, bridge.Shutdown(end))
	report(bridge, cfg, sent)
	return err
}

func load(o options) (config.Config, error) {
	switch {
	case o.config == "" && o.page:
		return config.Parse(pageTOML, "toml")
	case o.config == "":
		return config.Parse(traceTOML, "toml")
	}
	return config.Load(o.config, config.WithCheck(func(cfg config.Config) error { return otelbridge.Check(cfg) }))
}

// drive serves on loopback and sends the requests, four at a time. It returns how many
// were answered once all spans of theirs have ended.
func drive(ctx context.Context, o options) (int, error) {
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	server := &http.Server{Handler: traced(newShop()), ReadHeaderTimeout: time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()

	client := &http.Client{Transport: transport{}}
	work := make(chan int)
	counts := make(chan int, 4)
	var wg sync.WaitGroup
	for range cap(counts) {
		wg.Go(func() {
			n := 0
			for i := range work {
				// A request that has begun is finished: its context isn't the signal's.
				if err := get(context.WithoutCancel(ctx), client, fmt.Sprintf("http://%s%s", listener.Addr(), pathOf(i))); err == nil {
					n++
				}
			}
			counts <- n
		})
	}
send:
	for i := 0; o.forever || o.page || i < o.requests; i++ {
		select {
		case work <- i:
		case <-ctx.Done():
			break send
		}
		if o.page { // at the pace of people
			select {
			case <-time.After(100 * time.Millisecond):
			case <-ctx.Done():
				break send
			}
		}
	}
	close(work)
	wg.Wait()
	close(counts)
	sent := 0
	for n := range counts {
		sent += n
	}
	// Shutdown waits for handlers that still run, and with them for their spans.
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	err = server.Shutdown(end)
	if s := <-served; !errors.Is(s, http.ErrServerClosed) {
		err = errors.Join(err, s)
	}
	return sent, err
}

// get sends one request.
func get(ctx context.Context, client *http.Client, url string) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return errors.Join(err, resp.Body.Close())
}

func report(bridge *otelbridge.Bridge, cfg config.Config, sent int) {
	stats := bridge.Stats()
	fmt.Println()
	for _, c := range cfg.Connections {
		n := stats.Connections[c.Name]
		fmt.Printf("connection %q: %d spans offered, %d exported, %d left out by sampling, %d failed\n",
			c.Name, n.Offered, n.Exported, n.SampledOut, n.Failed)
		if c.Driver == "file" {
			fmt.Printf("connection %q wrote %s\n", c.Name, fileOf(c.Setting))
		}
	}
	fmt.Printf("%d requests answered\n", sent)
}

// fileOf returns the path that a file connection writes to; see docs/drivers.md.
func fileOf(setting map[string]any) string {
	text := func(key, otherwise string) string {
		if s, ok := setting[key].(string); ok {
			return s
		}
		return otherwise
	}
	name := text("path", text("file", text("output", "trace.log")))
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(text("store", "store/trace"), name)
}
