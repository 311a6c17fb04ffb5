package page

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"syscall"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter"
)

// Exporter keeps spans and serves the page. It is safe for concurrent use.
type Exporter struct {
	store    *store
	server   *http.Server
	address  string
	stop     context.CancelFunc // ends the requests that follow
	serving  chan struct{}      // closed when the server has returned
	shutdown atomic.Bool
}

var _ sdktrace.SpanExporter = (*Exporter)(nil)

// open listens and serves.
func open(ctx context.Context, o options, inspector exporter.Inspector, logger *slog.Logger) (*Exporter, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", o.listen)
	if err != nil {
		return nil, listenError(o.listen, err)
	}
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	following, stop := context.WithCancel(context.Background())
	e := &Exporter{
		store: newStore(o.maxBytes), address: "http://" + browsable(l.Addr()) + "/",
		stop: stop, serving: make(chan struct{}),
	}
	e.server = newServer(&handlers{
		store: e.store, inspector: inspector, stop: following.Done(), searches: make(chan struct{}, searchesAtOnce),
		streams: make(chan struct{}, streamsAtOnce),
	}, newGuard(o, l.Addr()), logger)
	go func() {
		defer close(e.serving)
		if err := e.server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			logger.Warn("the page is no longer served", "error", err)
		}
	}()
	logger.Info("spans are shown on a page", "url", e.address)
	return e, nil
}

func listenError(address string, err error) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf(`the page can't have %s, because something else listens there, perhaps the page of another process: `+
			`give this one another setting.listen, or port 0 for a free one (%w)`, address, err)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return fmt.Errorf("the page can't have %s, because this machine has no such address (%w)", address, err)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("the page can't have %s, because this user may not listen there; ports below 1024 need rights (%w)", address, err)
	}
	return fmt.Errorf("the page can't listen on %s: %w", address, err)
}

// browsable is an address as a browser can open it.
func browsable(addr net.Addr) string {
	host, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return addr.String()
	}
	if ip := net.ParseIP(host); ip.IsUnspecified() {
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}

// Address is where the page is, as a browser takes it. A token isn't in it.
func (e *Exporter) Address() string { return e.address }

// ExportSpans keeps spans, unless ctx is done, whose error it returns, or the exporter was shut
// down. Nil spans are skipped. It waits for no browser.
func (e *Exporter) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	if e.shutdown.Load() {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	e.store.add(spans)
	return nil
}

// goodbye is how long requests that are nearly answered have at the end.
const goodbye = time.Second

// Shutdown ends the page: what is being answered has a second, or until ctx is done, and what
// follows spans ends at once. The spans are forgotten. Later calls do nothing.
func (e *Exporter) Shutdown(ctx context.Context) error {
	if !e.shutdown.CompareAndSwap(false, true) {
		return nil
	}
	e.stop()
	ctx, cancel := context.WithTimeout(ctx, goodbye)
	defer cancel()
	if err := e.server.Shutdown(ctx); err != nil {
		_ = e.server.Close() // a browser that doesn't read its answer is no error of ours
	}
	<-e.serving
	e.store.clear()
	return nil
}

// String returns the name of the driver.
func (*Exporter) String() string { return "page" }

// Format writes what String returns, whatever the verb.
func (e *Exporter) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, e.String()) }

// MarshalLog describes the exporter for OTel's own log.
func (e *Exporter) MarshalLog() any {
	return struct {
		Type, Address string
		MaxBytes      int64
	}{"page", e.address, e.store.most}
}
