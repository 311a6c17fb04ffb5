package spool

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/delivery"
	"github.com/tracehook/tracehook/setting"
)

// Mode says when a batch is written.
type Mode uint8

const (
	// Overflow writes what can't be sent.
	Overflow Mode = iota
	// Always writes before sending.
	Always
)

// Full says what makes room in a spool that is full.
type Full uint8

const (
	// Newest keeps what was kept, and refuses what comes.
	Newest Full = iota
	// Oldest removes the oldest batches, which count as expired.
	Oldest
)

// SyncPolicy says when written batches are forced to the disk.
type SyncPolicy time.Duration

const (
	// SyncBatch syncs each batch before it counts as spooled. It is the default.
	SyncBatch SyncPolicy = 0
	// SyncNever leaves it to the operating system.
	SyncNever SyncPolicy = -1
)

// SyncEvery syncs in the background, so that a power loss costs at most about d.
func SyncEvery(d time.Duration) SyncPolicy { return SyncPolicy(max(d, time.Millisecond)) }

// Options describe a spool. Dir and Connection are required.
type Options struct {
	// Dir is the directory for all spools of a configuration; it is made, closed to others, if it
	// doesn't exist. Connection names the directory in it.
	Dir, Connection string
	// Kind is the extension of the files, by what is in them: letters and digits, "" is
	// "otlp".
	Kind string
	// Logger reports what no error returns: damaged, dead and expired files. Nil discards it.
	Logger *slog.Logger
	// Backoff is the wait between attempts while the destination is away; its Max defaults
	// to 10 s here.
	Backoff delivery.Backoff
	// MaxBytes bounds the spool, and dead/ as well; each file counts as at least 4 KiB. 0
	// means 256 MiB.
	MaxBytes int64
	// MaxAge is how long a batch is kept; 0 means 24 h.
	MaxAge time.Duration
	// Full says what a full spool drops.
	Full Full
	// DeadMaxBytes bounds dead/; 0 means MaxBytes. DeadMaxAge is how long a batch stays there; 0
	// means 7 days.
	DeadMaxBytes int64
	DeadMaxAge   time.Duration
	// Origin is the destination, SCHEME://HOST:PORT. Open sets batches aside that were spooled for
	// another destination, unless Adopt names it. "" accepts every destination.
	Origin string
	// Adopt names spools in Dir whose batches are taken over, by the names of their connections, and
	// origins whose batches may go to ours.
	Adopt []string
	// Also are other kinds whose files are sent, too, and the content types of their bodies.
	Also map[string]string
	// Rate bounds the replay in spans a second; 0 means as fast as one batch after the other
	// goes.
	Rate float64
	// Sync says when written batches are forced to the disk.
	Sync SyncPolicy
	Mode Mode
}

const (
	defaultMaxBytes = 256 << 20
	defaultMaxAge   = 24 * time.Hour
	defaultDeadAge  = 7 * 24 * time.Hour
	defaultProbe    = 10 * time.Second
	defaultKind     = "otlp"
)

func (o *Options) fill() {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.MaxBytes <= 0 {
		o.MaxBytes = defaultMaxBytes
	}
	if o.MaxAge <= 0 {
		o.MaxAge = defaultMaxAge
	}
	if o.DeadMaxBytes <= 0 {
		o.DeadMaxBytes = o.MaxBytes
	}
	if o.DeadMaxAge <= 0 {
		o.DeadMaxAge = defaultDeadAge
	}
	if o.Backoff.Max <= 0 {
		o.Backoff.Max = defaultProbe
	}
	if o.Kind == "" {
		o.Kind = defaultKind
	}
}

// check reports options that make no sense, and returns the directory of the connection.
func (o *Options) check() (string, error) {
	switch {
	case o.Dir == "":
		return "", errors.New("a spool needs a directory: set dir")
	case o.Connection == "":
		return "", errors.New("a spool needs the name of its connection")
	case o.Kind != "" && !regexp.MustCompile(`^[a-z0-9]+$`).MatchString(o.Kind):
		return "", fmt.Errorf("spool kind %q: want small letters and digits", o.Kind)
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, fileName(o.Connection)), nil
}

// Claims names what the spool of a connection must have for itself, its directory; nil if there
// is none. It is for [exporter.Driver].
func Claims(s exporter.Settings) []string {
	o, err := FromSettings(s)
	if err != nil || o == nil {
		return nil
	}
	dir, err := o.check()
	if err != nil {
		return nil
	}
	return []string{"spool:" + dir}
}

// FromSettings reads the table [trace.NAME.spool]; nil if the connection has none. Its error
// has a [setting.Problem] for each wrong key. It looks at the directory, and changes
// nothing.
func FromSettings(s exporter.Settings) (*Options, error) {
	if s.Spool == nil {
		return nil, nil // no spool is not an error
	}
	d := s.Table("spool")
	o := &Options{
		Dir: d.String("", "dir"), Connection: s.Connection, Logger: s.Logger,
		MaxBytes:     d.Size(defaultMaxBytes, minFile, "max_bytes"),
		MaxAge:       d.DurationIn(defaultMaxAge, ages(time.Millisecond), "max_age"),
		DeadMaxBytes: d.Size(0, minFile, "dead_max_bytes"),
		DeadMaxAge:   d.DurationIn(defaultDeadAge, ages(1), "dead_max_age"),
		Adopt:        d.Strings("adopt"),
		Rate:         d.Float(0, 0, math.MaxFloat64, "rate"),
		Sync:         readSync(d),
	}
	if d.Word("overflow", []string{"overflow", "always"}, "mode") == "always" {
		o.Mode = Always
	}
	if d.Word("newest", []string{"newest", "oldest"}, "full") == "oldest" {
		o.Full = Oldest
	}
	if slices.Contains(o.Adopt, o.Connection) {
		d.Problem("adopt", "%q is the connection itself: name the one that it was, or the address that it had", o.Connection)
	}
	if o.Dir == "" {
		d.Problem("dir", "a spool needs a directory of its own: set it, for instance to \"store/spool\"")
	} else if dir, err := o.check(); err != nil {
		d.Problem("dir", "%v", err)
	} else if err := checkDirectories(dir); err != nil {
		d.ProblemHere("dir", "%v", err)
	}
	return o, d.Err()
}

// ages returns the bounds of an age. A bare 7 was meant to be days.
func ages(least time.Duration) setting.Bounds {
	return setting.Bounds{Least: least, Most: 36500 * 24 * time.Hour, Bare: time.Minute, Age: true}
}

func readSync(d *setting.Table) SyncPolicy {
	switch word, every := d.WordOrDuration("batch", []string{"never", "batch"}, "fsync"); word {
	case "never":
		return SyncNever
	case "batch":
		return SyncBatch
	default:
		return SyncEvery(every)
	}
}
