package file

import "time"

type (
	FS     = filesystem
	Handle = handle
	OSFS   = osFS
)

func WithFS(f FS) Option                        { return func(s *settings) { s.fs = f } }
func WithClock(now func() time.Time) Option     { return func(s *settings) { s.now = now } }
func RenameByPlaceholder(from, to string) error { return renameByPlaceholder(from, to) }
