package config

import (
	"bytes"
	"os"
	"runtime"
	"time"
)

// inPlace tells a file that is being written from one that was renamed into its place.
type inPlace struct {
	info    os.FileInfo // of the file that was taken last
	file    *os.File    // that file, open: a system gives the number of a file that is gone to the next
	content []byte
	changed time.Time // when the content that is looked at was first seen
	seen    []byte
}

const (
	quiet    = 10 // settles without a change for what was written in place
	doubtful = 50 // and for what looks unfinished
)

// unsettled returns how long to wait before data, which is the content of file, may be taken; 0 if it
// may be taken now. A file that was renamed over the last one is whole. One that was written in place
// may lack its end, which may be valid all the same. The file belongs to p.
func (p *inPlace) unsettled(file *os.File, data []byte, settle time.Duration) time.Duration {
	info, err := file.Stat()
	if err != nil {
		_ = file.Close()
		return 0
	}
	if p.info != nil && os.SameFile(p.info, info) && !bytes.Equal(data, p.content) {
		now := time.Now()
		if p.seen == nil || !bytes.Equal(data, p.seen) {
			p.seen, p.changed = data, now
		}
		wait := quiet * settle
		if bytes.HasPrefix(p.content, data) || !bytes.HasSuffix(data, []byte("\n")) {
			wait = doubtful * settle
		}
		if rest := wait - now.Sub(p.changed); rest > 0 {
			_ = file.Close()
			return rest
		}
	}
	p.close()
	p.info, p.content, p.seen = info, data, nil
	if runtime.GOOS == "windows" { // numbers don't return soon there, and an open file can't be replaced
		_ = file.Close()
	} else {
		p.file = file
	}
	return 0
}

func (p *inPlace) close() {
	if p.file != nil {
		_ = p.file.Close()
		p.file = nil
	}
}
