package main

import (
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/infrago/base"
	"github.com/infrago/infra"
	"github.com/infrago/trace"
	_ "github.com/infrago/trace-file"
)

// counting discards and counts.
type counting struct{ spans atomic.Int64 }

func (c *counting) Connect(*trace.Instance) (trace.Connection, error) { return c, nil }
func (c *counting) Open() error                                       { return nil }
func (c *counting) Close() error                                      { return nil }
func (c *counting) Write(spans ...trace.Span) error {
	c.spans.Add(int64(len(spans)))
	return nil
}

var (
	output counting
	begun  int64
)

// peer is the framework's own module with one connection that discards.
var peer = sync.OnceValues(func() (one func(), flush func()) {
	infra.Register("counting", &output)
	run(trace.Config{Driver: "counting", Sample: 1, Buffer: 8192})
	begin := beginEnd()
	return func() { begun++; begin() }, func() {
		for output.spans.Load() < begun {
			time.Sleep(100 * time.Microsecond)
		}
	}
})

// peerFile is the framework's own module with its own file driver, as configured by default.
func peerFile(path string) (one func(), done func()) {
	stop := run(trace.Config{Driver: "file", Sample: 1, Setting: base.Map{"path": path, "maxsize": "100GB"}})
	return beginEnd(), stop
}

func beginEnd() func() {
	meta := infra.NewMeta()
	attrs := base.Map{"http.request.method": "GET", "http.route": "/users/{id}", "http.response.status_code": 200, "vip": false}
	return func() { meta.Begin("http:users", attrs).End() }
}

// run starts the framework; stop ends it as a signal does and waits until its modules have been closed.
func run(cfg trace.Config) (stop func()) {
	infra.Register(infra.DEFAULT, cfg)
	done := make(chan struct{})
	go func() {
		defer close(done)
		infra.Run()
	}()
	for started, _ := trace.Stats()["started"].(bool); !started; started, _ = trace.Stats()["started"].(bool) {
		time.Sleep(time.Millisecond)
	}
	time.Sleep(50 * time.Millisecond) // it waits for signals a moment later
	return func() {
		_ = syscall.Kill(os.Getpid(), syscall.SIGTERM)
		<-done
	}
}
