package main

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/tracehook/tracehook/exporter/file/readback"
	"github.com/tracehook/tracehook/exporter/spool"
)

// lookEvery is how often a directory is looked at for new files.
const lookEvery = 200 * time.Millisecond

// directory follows all logs in a directory and below it, and the batches of spools.
type directory struct {
	*reading
	source  source
	found   func(rec *readback.Record) bool
	logs    map[string]*follower // by path; nil for one that holds no spans
	batches map[string]bool      // of spools, that are there
	looked  time.Time
}

func (d *directory) close() {
	for _, f := range d.logs {
		if f != nil {
			f.close()
		}
	}
}

// look looks for files that weren't there before. Fresh ones are read from their start.
func (d *directory) look(ctx context.Context, fresh bool) error {
	d.looked = time.Now()
	leaves, err := d.source.leaves()
	if errors.Is(err, fs.ErrNotExist) {
		return nil // it comes back, or doesn't
	}
	if err != nil {
		return err
	}
	there := make(map[string]bool)
	for _, leaf := range leaves {
		if _, ok := spool.StoredAt(leaf.where); ok {
			there[leaf.where] = true
			if fresh && !d.batches[leaf.where] {
				d.batches[leaf.where] = true
				if err := d.leaf(ctx, leaf, false, d.found); err != nil {
					return err
				}
			}
			continue
		}
		if err := d.addLog(leaf, fresh); err != nil {
			return err
		}
	}
	d.batches = there
	return nil
}

func (d *directory) addLog(leaf source, fresh bool) error {
	if _, known := d.logs[leaf.where]; known || strings.HasSuffix(leaf.where, gzipped) {
		return nil
	}
	f := d.follower(leaf, d.found)
	d.logs[leaf.where] = f
	if fresh {
		return nil
	}
	if err := f.skipAll(); err != nil && !errors.Is(err, fs.ErrPermission) {
		return err
	}
	return nil
}

// step reads what has been written to any of the logs.
func (d *directory) step(ctx context.Context) (goOn bool, err error) {
	if time.Since(d.looked) > lookEvery {
		if err := d.look(ctx, true); err != nil {
			return false, err
		}
	}
	d.inside = true
	for _, path := range slices.Sorted(maps.Keys(d.logs)) {
		f := d.logs[path]
		if f == nil {
			continue
		}
		goOn, err := f.step()
		switch {
		case errors.Is(err, fs.ErrPermission), err == nil && !goOn:
			f.close()
			d.logs[path] = nil
		case err != nil:
			return false, err
		}
		if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) && f.file == nil {
			delete(d.logs, path) // it was removed; one of this name later is another
		}
	}
	return true, nil
}
