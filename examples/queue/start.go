package main

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/memory"
	"github.com/tracehook/tracehook/otelbridge"
	"github.com/tracehook/tracehook/otelbridge/entry"
)

// shop is a producer and its consumers, with a server of their own.
type shop struct {
	tracer       entry.Tracer
	bridge       *otelbridge.Bridge
	kept         *memory.Exporter
	dir          string
	server       *server.Server
	conn         *nats.Conn
	stream       nats.JetStreamContext
	orders, done *nats.Subscription
}

func start(ctx context.Context) (s *shop, err error) {
	s = &shop{kept: memory.New()}
	defer func() {
		if err != nil {
			s.stop(ctx)
		}
	}()
	cfg, err := config.Parse([]byte("[trace]\ndriver = \"kept\"\n"), "toml")
	if err != nil {
		return s, err
	}
	if s.bridge, err = otelbridge.New(ctx, cfg, otelbridge.WithDriver("kept", func(context.Context, exporter.Settings) (sdktrace.SpanExporter, error) {
		return s.kept, nil
	})); err != nil {
		return s, err
	}
	s.tracer = entry.Tracer{Hook: s.bridge.Hook(), Propagator: s.bridge.Propagator(), Service: "shop"}
	return s, s.connect()
}

// connect starts a server in this process, with a stream of messages in a temporary folder.
func (s *shop) connect() (err error) {
	if s.dir, err = os.MkdirTemp("", "queue"); err != nil {
		return err
	}
	if s.server, err = server.NewServer(&server.Options{DontListen: true, JetStream: true, StoreDir: s.dir, NoSigs: true, NoLog: true}); err != nil {
		return err
	}
	s.server.Start()
	if !s.server.ReadyForConnections(10 * time.Second) {
		return errors.New("the NATS server isn't ready after 10 seconds")
	}
	if s.conn, err = nats.Connect("", nats.InProcessServer(s.server)); err != nil {
		return err
	}
	if s.stream, err = s.conn.JetStream(); err != nil {
		return err
	}
	if _, err = s.stream.AddStream(&nats.StreamConfig{Name: "shop", Subjects: []string{orders, done}}); err != nil {
		return err
	}
	if s.orders, err = s.stream.PullSubscribe(orders, "workers"); err != nil {
		return err
	}
	s.done, err = s.stream.PullSubscribe(done, "reporters")
	return err
}

func (s *shop) spans(ctx context.Context) ([]sdktrace.ReadOnlySpan, error) {
	err := s.bridge.ForceFlush(ctx)
	return s.kept.Spans(), err
}

func (s *shop) stop(ctx context.Context) {
	if s.conn != nil {
		s.conn.Close()
	}
	if s.server != nil {
		s.server.Shutdown()
		s.server.WaitForShutdown()
	}
	_ = s.bridge.Shutdown(ctx)
	_ = os.RemoveAll(s.dir)
}
