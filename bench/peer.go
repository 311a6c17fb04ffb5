package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/tracehook/tracehook/bench/peers"
	"github.com/tracehook/tracehook/docs/figures"
)

// peerCost is what a span costs with another library, over the SDK in the same process.
type peerCost struct {
	pair

	lib *peers.Peer
}

// peerFile is how many percent of the spans of a producer that never pauses are in its file.
type peerFile struct {
	absolute

	lib *peers.Peer
}

// newPeers builds the libraries, as far as they can be had,.
func newPeers(o options) (costs, written []source) {
	for _, lib := range peers.All() {
		if !o.wants("peers", lib.Name) && !o.wants("delivered", lib.Name) {
			continue
		}
		failed := ""
		if err := lib.Build(o.peers, sdkVersion()); err != nil {
			failed = err.Error()
		}
		name := lib.Name
		if v := lib.Version(); v != "" {
			name += " (" + v + ")"
		}
		cost := &peerCost{pair: pair{name: "CPU of a span, " + name, over: "the SDK, one batcher", allocs: -1, failed: failed}, lib: lib}
		file := &peerFile{absolute: absolute{row: figures.Row{What: name, Unit: "%", Failed: failed}}, lib: lib}
		file.once = func() (float64, error) {
			n, err := lib.Written(flatOut)
			return 100 * float64(n) / flatOut, err
		}
		costs, written = append(costs, cost), append(written, file)
	}
	return costs, written
}

func (p *peerCost) measure(int) {
	if p.failed != "" {
		return
	}
	c, err := p.lib.Cost(flatOut)
	if err != nil {
		p.failed = err.Error()
		return
	}
	p.add(c.Base, c.Peer, figures.Allocs{Base: c.BaseAllocs, Ours: c.PeerAllocs, More: -1})
}

// optional is a source without which a run is whole. It says in its rows why it isn't there.
type optional interface{ skipped() bool }

func (p *peerCost) skipped() bool { return !p.lib.Built() }
func (p *peerFile) skipped() bool { return !p.lib.Built() }

// Close removes what was built.
func (p *peerCost) Close() error { return p.lib.Close() }

// closeAll removes what sources have put on the disk.
func closeAll(sections []section) (err error) {
	for _, s := range sections {
		for _, source := range s.sources {
			if c, ok := source.(io.Closer); ok {
				if closed := c.Close(); closed != nil {
					err = errors.Join(err, fmt.Errorf("table %s: %w", s.name, closed))
				}
			}
		}
	}
	return err
}
