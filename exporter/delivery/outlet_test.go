package delivery_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tracehook/tracehook/exporter/delivery"
	"github.com/tracehook/tracehook/exporter/spool"
)

// transport takes everything, or hangs until its context is done, or for ever.
type transport struct {
	hang   bool
	closed int
	sent   int
}

func (d *transport) Send(ctx context.Context, _ delivery.Batch) delivery.Verdict {
	if d.hang {
		<-ctx.Done()
		return delivery.Verdict{Outcome: delivery.Retry, Err: ctx.Err()}
	}
	d.sent++
	return delivery.Verdict{}
}

func (d *transport) Close() error { d.closed++; return nil }

func one(ctx context.Context, deliver delivery.Deliver) error {
	return deliver(ctx, delivery.Batch{Body: []byte("x"), Spans: 1})
}

// Where nothing runs, a context that is done already is no reason to say that something does.
func TestShutdownWithAContextThatIsDone(t *testing.T) {
	t.Parallel()
	done, cancel := context.WithCancel(t.Context())
	cancel()
	for range 2000 { // a select between two ready channels would fail half of them
		d := &transport{}
		o := delivery.New(t.Context(), d, delivery.Options{}, "db")
		if err := o.Export(t.Context(), one); err != nil {
			t.Fatal(err)
		}
		if err := o.Shutdown(done); err != nil {
			t.Fatal(err)
		}
		if err := o.Export(t.Context(), one); !errors.Is(err, delivery.ErrShutdown) || d.sent != 1 || d.closed != 1 {
			t.Fatalf("after Shutdown: %v, %d sent, %d times closed", err, d.sent, d.closed)
		}
	}
}

func TestShutdownEndsExports(t *testing.T) {
	t.Parallel()
	o := delivery.New(t.Context(), &transport{hang: true}, delivery.Options{Once: true}, "db")
	began, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- o.Export(t.Context(), func(ctx context.Context, deliver delivery.Deliver) error {
			close(began)
			return one(ctx, deliver)
		})
	}()
	<-began
	finished := 0
	finish := func() error { finished++; return errors.New("finish") }
	for range 2 {
		if err := o.Shutdown(t.Context(), finish); err == nil || err.Error() != "finish" {
			t.Errorf("Shutdown: %v", err)
		}
	}
	if err := <-ended; !errors.Is(err, context.Canceled) || finished != 1 {
		t.Errorf("the export: %v; finished %d times", err, finished)
	}
}

func TestShutdownNamesAnExportThatIgnoresItsContext(t *testing.T) {
	t.Parallel()
	o := delivery.New(t.Context(), &transport{}, delivery.Options{}, "db")
	began, release := make(chan struct{}), make(chan struct{})
	ended := make(chan error, 1)
	go func() {
		ended <- o.Export(t.Context(), func(context.Context, delivery.Deliver) error { close(began); <-release; return nil })
	}()
	<-began
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := o.Shutdown(ctx); err == nil || !strings.Contains(err.Error(), "an export to db is still running: context canceled") {
		t.Errorf("got %v", err)
	}
	close(release)
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestStoreWritesToTheSpoolAlone(t *testing.T) {
	t.Parallel()
	d := &transport{hang: true}
	o := delivery.New(t.Context(), d, delivery.Options{}, "db")
	kept, err := spool.Open(t.Context(), o.Sender(), spool.Options{Dir: filepath.Join(t.TempDir(), "spool"), Connection: "c"})
	if err != nil {
		t.Fatal(err)
	}
	o.Keep(kept)
	if err := o.Store(t.Context(), one); err != nil {
		t.Fatal(err)
	}
	if pending, _, _, _ := kept.Counts(); pending != 1 {
		t.Errorf("%d spans pending", pending)
	}
	if err := o.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := o.Store(t.Context(), one); !errors.Is(err, delivery.ErrShutdown) {
		t.Errorf("after Shutdown: %v", err)
	}
}
