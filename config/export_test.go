package config

import (
	"syscall"

	"github.com/fsnotify/fsnotify"
)

// WithChecked calls checked with the content that Watch has looked at, after each look.
func WithChecked(checked func(content string)) Option {
	return func(o *options) { o.checked = checked }
}

// WithoutNotify makes Watch find that the system has no watches left.
func WithoutNotify() Option {
	return func(o *options) {
		o.newNotify = func() (*fsnotify.Watcher, error) { return nil, syscall.EMFILE }
	}
}
