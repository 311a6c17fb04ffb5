package file

import (
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/tracehook/tracehook/exporter/encode"
)

// DefaultMaxSize is the size in bytes at which a file is rotated unless an option says
// otherwise: 100 MiB.
const DefaultMaxSize = 100 << 20

// Sync says when what was written is forced to the disk. What is not may be lost when the
// machine loses power; the death of the process alone loses nothing that was exported.
type Sync time.Duration

const (
	// SyncNever leaves it to the operating system, which takes about half a minute.
	SyncNever Sync = 0
	// SyncBatch forces every batch to the disk before it is reported as exported.
	SyncBatch Sync = -1
)

// SyncEvery forces what was written to the disk once in d, in the background; more often than once
// in a millisecond isn't possible. A d that isn't positive means [SyncBatch].
func SyncEvery(d time.Duration) Sync {
	if d <= 0 {
		return SyncBatch
	}
	return Sync(max(d, time.Millisecond))
}

// Option changes what [New] makes.
type Option func(*settings)

// settings is all that an Exporter can be told.
type settings struct {
	path     string
	encoder  encode.Encoder
	kind     string // the encoder's
	maxSize  int64
	maxLines int64
	slice    Slice
	compress bool
	maxAge   time.Duration
	maxFiles int
	sync     Sync
	mode     os.FileMode
	dirMode  os.FileMode
	dirGroup *int
	accepted os.FileMode // bits that directories may have although others can write there
	shared   bool
	logger   *slog.Logger
	stdout   io.Writer // nil is the process's
	stderr   io.Writer
	fs       filesystem
	now      func() time.Time
}

// foreign says whether files of other users are ours, too.
func (s *settings) foreign() bool { return s.shared && s.mode&0o022 != 0 }

func defaults() settings {
	return settings{
		maxSize: DefaultMaxSize,
		mode:    0o600,
		dirMode: 0o700,
		logger:  slog.New(slog.DiscardHandler),
		fs:      osFS{},
		now:     time.Now,
	}
}

// WithMaxSize rotates a file before it would grow beyond that many bytes; a single record
// that is longer gets a file of its own. The default is [DefaultMaxSize].
func WithMaxSize(bytes int64) Option { return func(s *settings) { s.maxSize = bytes } }

// WithMaxLines rotates a file before it would hold more than that many lines. Lines that
// were there before a restart count. By default lines are not limited.
func WithMaxLines(n int64) Option { return func(s *settings) { s.maxLines = n } }

// WithSlice rotates a file when the local clock enters another slice. After a restart the
// slice of a file is that of its last change. The default is [NoSlice].
func WithSlice(slice Slice) Option { return func(s *settings) { s.slice = slice } }

// WithCompression replaces rotated files with gzip files, one at a time, in the
// background. What a crash interrupted is done again when the file is next opened.
func WithCompression() Option { return func(s *settings) { s.compress = true } }

// WithMaxAge removes rotated files that are older than d, at the start, after each
// rotation and once an hour. By default they stay.
func WithMaxAge(d time.Duration) Option { return func(s *settings) { s.maxAge = d } }

// WithMaxFiles keeps the newest n rotated files and removes the others. By default all stay.
func WithMaxFiles(n int) Option { return func(s *settings) { s.maxFiles = n } }

// WithSync says when bytes are forced to the disk. The default is [SyncNever].
func WithSync(sync Sync) Option { return func(s *settings) { s.sync = sync } }

// WithMode sets the permission bits of the files that are made, whatever the umask. The
// default is 0600. Lock files get those of the users who may write.
func WithMode(mode os.FileMode) Option { return func(s *settings) { s.mode = mode } }

// WithDirMode sets the mode of directories that are made, whatever the umask: permission
// bits, [os.ModeSetgid] and [os.ModeSticky]. The default is 0700. It also sets how far
// directories that exist may be open to others: by default one that others can write to is
// refused, because they can replace files in it; one that this mode allows is only warned of.
func WithDirMode(mode os.FileMode) Option {
	return func(s *settings) { s.dirMode, s.accepted = mode, mode.Perm() }
}

// WithDirGroup sets the group, by its number, of directories and files that are made. By
// default it is the process's own.
func WithDirGroup(group int) Option { return func(s *settings) { s.dirGroup = &group } }

// WithShared lets several processes write to the same file, if all of them say so. Each
// batch then waits for its turn, at most five seconds. It needs advisory locks, which only
// Unix-like systems have.
func WithShared() Option { return func(s *settings) { s.shared = true } }

// WithLogger sets where failures are logged that no call can return: of compressing or removing a file, of
// a background sync. By default nowhere; nil is ignored.
func WithLogger(l *slog.Logger) Option {
	return func(s *settings) {
		if l != nil {
			s.logger = l
		}
	}
}

// WithEncoder sets how spans are written. The Exporter has the encoder for itself. The
// default is the JSON encoder of package encode with its default fields; nil is ignored.
func WithEncoder(e encode.Encoder) Option {
	return func(s *settings) {
		if e != nil {
			s.encoder = e
		}
	}
}
