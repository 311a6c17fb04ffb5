package file

import "os"

// cut is a piece at the end of a file that a failed batch left and that could not be taken
// back at once.
type cut struct {
	info     os.FileInfo
	from, to int64
}

// undo cuts the active file back to size bytes. What it removes was never reported as
// exported. It cuts nothing if another program has appended behind it.
func (w *writer) undo(size int64) {
	if w.size == size && w.cut == nil {
		return
	}
	end := w.size
	w.size = size
	if w.cut != nil { // an earlier try failed, in this batch: the file is that much longer
		end = w.cut.to
	}
	c := &cut{info: w.info, from: size, to: end}
	if !w.apply(c) {
		w.cut = c
	}
}

// apply tries to cut the open file and says whether c is settled.
func (w *writer) apply(c *cut) bool {
	info, err := w.f.Stat()
	if err != nil {
		return false
	}
	if !os.SameFile(info, c.info) || info.Size() != c.to {
		return true // not ours to cut anymore
	}
	if err := w.f.Truncate(c.from); err != nil {
		return false
	}
	w.cut = nil
	return true
}
