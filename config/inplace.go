package config

import (
	"bytes"
	"os"
	"time"
)

// inPlace tells a file that is being written from one that was renamed into its place.
type inPlace struct {
	info    os.FileInfo // of the file that was taken last
	content []byte
	changed time.Time // when the content that is looked at was first seen
	seen    []byte
}

const (
	quiet    = 10 // settles without a change for what was written in place
	doubtful = 50 // and for what looks unfinished
)

// unsettled returns how long to wait before data, which is the content of the file at path, may be
// taken; 0 if it may be taken now. A file that was renamed over the last one is whole. One that was
// written in place may lack its end, which may be valid all the same.
func (p *inPlace) unsettled(path string, data []byte, settle time.Duration) time.Duration {
	info, err := os.Stat(path)
	if err != nil {
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
			return rest
		}
	}
	p.info, p.content, p.seen = info, data, nil
	return 0
}
