package config

import (
	"os"
	"time"

	"github.com/fsnotify/fsnotify"
)

// Option changes how a configuration is read. A nil Option is ignored.
type Option func(*options)

type options struct {
	environ   func() []string
	file      string
	format    string
	current   *Config
	settle    time.Duration
	poll      time.Duration
	check     func(Config) error
	hermetic  bool
	newNotify func() (*fsnotify.Watcher, error) // for tests
	checked   func(content string)              // for tests: after Watch has looked at the file
}

func newOptions(opts []Option) options {
	o := options{environ: os.Environ, settle: 100 * time.Millisecond, poll: 10 * time.Second}
	for _, opt := range opts {
		if opt != nil {
			opt(&o)
		}
	}
	return o
}

// WithEnviron gives the environment as "NAME=value" strings. The default is [os.Environ];
// nil means an empty environment.
func WithEnviron(environ func() []string) Option {
	return func(o *options) {
		if environ == nil {
			environ = func() []string { return nil }
		}
		o.environ = environ
	}
}

// WithUnknown is for a check where the configuration will not run, such as in a pipeline: a value
// that needs a variable which isn't set, or a file that ${file:PATH} names, is unknown, and nothing
// is said about it. Such a Config is for otelbridge.Check, not for use.
func WithUnknown() Option {
	return func(o *options) { o.hermetic = true }
}

// WithoutMachine is [WithUnknown] with an empty environment, so that the result is the same on
// every machine.
func WithoutMachine() Option {
	return func(o *options) {
		o.hermetic = true
		o.environ = func() []string { return nil }
	}
}

// WithFile names the origin of the data that [Parse] and [FromMap] get, for problems. The
// default is none. [Load] ignores it.
func WithFile(name string) Option {
	return func(o *options) { o.file = name }
}

// WithFormat gives the format of a file to [Load] and [Watch]: "toml", "yaml" or "json". The
// default is what the file's extension says.
func WithFormat(format string) Option {
	return func(o *options) { o.format = format }
}

// WithCheck has check look at what was read, so that its problems come back in one error with
// those of [Load], [Parse] or [FromMap]: otelbridge.Check knows drivers and their settings,
// which this package doesn't. Check may get a Config that lacks what could not be read; what
// it says about a key that is wrong already is left out. Errors that aren't [Problems] are
// taken for one of the whole file. Check isn't called if the syntax is wrong. The default is
// none; [Watch] ignores it.
func WithCheck(check func(Config) error) Option {
	return func(o *options) { o.check = check }
}

// WithCurrent tells [Watch] which configuration is in use, so that a change between [Load]
// and Watch isn't missed. The default is what Watch finds when it starts.
func WithCurrent(cfg Config) Option {
	return func(o *options) { o.current = &cfg }
}

// WithSettle gives the time without a change after which [Watch] reads the file, at least one
// nanosecond. The default is 100ms. It reads after ten times that at the latest.
func WithSettle(d time.Duration) Option {
	return func(o *options) { o.settle = max(1, d) }
}

// WithPoll gives the time after which [Watch] reads the file although nothing was reported,
// for file systems that report nothing, such as NFS. The default is 10s; 0 turns it off.
func WithPoll(d time.Duration) Option {
	return func(o *options) { o.poll = max(0, d) }
}
