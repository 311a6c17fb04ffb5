package file

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"strconv"

	"github.com/tracehook/tracehook/exporter/file/internal/rotation"
)

// gzip replaces a rotated file with a compressed one. The compressed bytes get their name
// only when they are whole and on the disk, and the original goes last, so that at every
// moment one of both is complete.
func (j *janitor) gzip(ctx context.Context, r *rotatedFile) error {
	src, err := j.fs.OpenFile(r.plain, os.O_RDONLY, 0)
	if err != nil {
		return err
	}
	defer func() { _ = src.Close() }()
	before, err := src.Stat()
	if err != nil {
		return err
	}
	target := r.plain + rotation.Gzip
	tmp := target + "." + strconv.FormatUint(rand.Uint64(), 36) + rotation.Temporary
	if r.gz != "" { // a crash left both, or another program made it
		same, err := j.startsWith(ctx, src, before.Size(), r.gz)
		if err != nil {
			return err
		}
		if !same {
			return fmt.Errorf("%q exists and has other content than %q: both stay; move one away", r.gz, r.plain)
		}
	}
	dst, err := create(j.fs, tmp, os.O_WRONLY, j.mode)
	if err != nil {
		return fmt.Errorf("compressing %q: %w", r.plain, err)
	}
	defer func() { _ = dst.Close() }() // at the end: until then nobody else gets its inode
	written, err := writeGzip(dst, &interruptible{ctx, io.NewSectionReader(src, 0, before.Size())})
	if err != nil {
		return errors.Join(fmt.Errorf("compressing %q: %w", r.plain, err), j.remove(tmp))
	}
	if !renamesOpen {
		_ = dst.Close() // synced
	}
	if err := j.fs.Chtimes(tmp, before.ModTime(), before.ModTime()); err != nil {
		return err
	}
	if err := j.check(target); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(err, j.remove(tmp))
	}
	if err := j.fs.Rename(tmp, target); err != nil {
		return errors.Join(err, j.remove(tmp))
	}
	if err := j.fs.SyncDir(j.family.Dir); err != nil {
		return err
	}
	if named, err := j.fs.Stat(target); err != nil || !os.SameFile(written, named) {
		return fmt.Errorf("%q was replaced by somebody else while %q was compressed: both stay", target, r.plain)
	}
	after, err := j.fs.Stat(r.plain)
	if err != nil || !os.SameFile(before, after) || after.Size() != before.Size() {
		return fmt.Errorf("%q changed while it was compressed: it stays", r.plain)
	}
	return j.fs.Remove(r.plain)
}

// writeGzip writes src as gzip, syncs it, and returns what dst is.
func writeGzip(dst handle, src io.Reader) (os.FileInfo, error) {
	zip := gzip.NewWriter(dst)
	if _, err := io.Copy(zip, src); err != nil {
		return nil, err
	}
	if err := zip.Close(); err != nil {
		return nil, err
	}
	if err := dst.Sync(); err != nil {
		return nil, err
	}
	return dst.Stat()
}

// startsWith says whether all that can be read from the gzip file is the beginning of src,
// so that replacing the gzip file loses nothing.
func (j *janitor) startsWith(ctx context.Context, src io.ReaderAt, size int64, gz string) (bool, error) {
	f, err := j.fs.OpenFile(gz, os.O_RDONLY, 0)
	if err != nil {
		return false, err
	}
	defer func() { _ = f.Close() }()
	zip, err := gzip.NewReader(&interruptible{ctx, f})
	if err != nil {
		return halfGzip(err), ctx.Err()
	}
	got, want := make([]byte, 32<<10), make([]byte, 32<<10)
	for at := int64(0); ; {
		n, err := io.ReadFull(zip, got)
		if at+int64(n) > size {
			return false, nil
		}
		if _, err := src.ReadAt(want[:n], at); err != nil && !errors.Is(err, io.EOF) {
			return false, err
		}
		if !bytes.Equal(got[:n], want[:n]) {
			return false, nil
		}
		at += int64(n)
		switch {
		case err == nil:
		case errors.Is(err, io.EOF), halfGzip(err):
			return true, ctx.Err()
		default:
			return false, err
		}
	}
}

// halfGzip says whether err is that of a gzip file that ends too early.
func halfGzip(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// interruptible is a reader that fails when its context is done.
type interruptible struct {
	ctx context.Context // io.Reader takes none
	r   io.Reader
}

func (i *interruptible) Read(p []byte) (int, error) {
	if err := i.ctx.Err(); err != nil {
		return 0, err
	}
	return i.r.Read(p)
}
