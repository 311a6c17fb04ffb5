package bridge

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/processor"
)

// errNoBridge is what a nil Bridge says.
var errNoBridge = errors.New("there is no Bridge: it could not be made, and nothing is traced")

// configurationName is where Health says what is wrong with no connection in particular.
const configurationName = "[configuration]"

// Health says for each connection whether it works, since when and why not, and for the driver
// "page" where the page is. Connections that were left out for a mistake are failing, and so is
// "[configuration]" if something is wrong with the rest of it.
func (b *Bridge) Health() processor.Health {
	if b == nil {
		return processor.Health{
			State: processor.StateFailing,
			Connections: map[string]processor.ConnectionHealth{
				configurationName: {State: processor.StateFailing, Since: time.Now(), Why: errNoBridge.Error()},
			},
		}
	}
	st := b.state.Load()
	h := st.plan.withAddresses(b.fanout.Health())
	b.degradeForeign(st.plan, &h)
	fail := func(name string, err error) {
		h.State = processor.StateFailing
		h.Connections[name] = processor.ConnectionHealth{State: processor.StateFailing, Since: st.since, Why: err.Error()}
	}
	for name, problems := range st.plan.left {
		fail(name, leftOut(problems))
	}
	if st.plan.broken != nil {
		fail(configurationName, st.plan.broken)
	}
	return h
}

// Err returns why connections aren't open at this moment: mistakes for which they were left out
// ([WithFallback], [Module]), or what their last attempt said. It is nil if all are open. On a nil Bridge
// it returns an error.
func (b *Bridge) Err() error {
	if b == nil {
		return errNoBridge
	}
	p := b.state.Load().plan
	errs := []error{p.broken}
	for _, name := range slices.Sorted(maps.Keys(p.left)) {
		errs = append(errs, leftOut(p.left[name]))
	}
	return errors.Join(append(errs, b.fanout.Unopened()...)...)
}

func leftOut(problems config.Problems) error {
	return &leftOutError{problems}
}

// leftOutError says that a connection with problems is left out.
type leftOutError struct{ problems config.Problems }

func (e *leftOutError) Error() string { return "left out for a mistake: " + e.problems.Error() }

func (e *leftOutError) Unwrap() error { return e.problems }

// readAgain takes over the file at path as soon as it has changed and can be used.
func (b *Bridge) readAgain(path string) {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	tried := b.state.Load().hash
	for {
		select {
		case <-ticker.C:
		case <-b.halt:
			return
		}
		cfg, err := config.Load(path)
		if err != nil || cfg.Hash() == tried {
			continue
		}
		tried = cfg.Hash()
		_ = b.reload(context.Background(), cfg, nil) // it is in the log and in Stats
		if p := b.state.Load().plan; p.broken == nil && len(p.left) == 0 {
			return
		}
	}
}
