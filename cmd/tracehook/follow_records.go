package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/tracehook/tracehook/exporter/file/readback"
)

// more reads up to the end of the file.
func (f *follower) more() (bool, error) {
	buf := make([]byte, 256<<10)
	for {
		n, err := f.file.Read(buf)
		if n > 0 {
			if goOn, err := f.add(buf[:n]); err != nil || !goOn {
				return goOn, err
			}
		}
		if errors.Is(err, io.EOF) || n == 0 {
			return true, nil
		}
		if err != nil {
			return false, err
		}
	}
}

// add takes bytes, and hands on the records that are complete.
func (f *follower) add(data []byte) (bool, error) {
	if f.skip {
		at := bytes.IndexByte(data, '\n')
		if at < 0 {
			return true, nil
		}
		f.skip, data = false, data[at+1:]
	}
	f.half = append(f.half, data...)
	if bytes.HasPrefix(f.half, []byte("---")) {
		f.yaml = true
	}
	end := bytes.LastIndexByte(f.half, '\n') + 1
	if f.yaml { // a document ends where the next begins, or when nothing has come for a moment
		end = bytes.LastIndex(f.half, []byte("\n---\n")) + 1
		if end == 0 && bytes.HasSuffix(f.half, []byte("\n")) {
			end = len(f.half)
		}
	}
	if end > 0 {
		if goOn, err := f.records(f.half[:end]); err != nil || !goOn {
			return goOn, err
		}
		f.half = append(f.half[:0], f.half[end:]...)
	}
	if len(f.half) > longestRecord {
		f.unread++
		if f.firstUnread == nil {
			f.firstUnread = fmt.Errorf("%s: a record is longer than %d bytes", f.path, longestRecord)
		}
		f.half, f.skip = nil, true
	}
	return true, nil
}

// records decodes whole records.
func (f *follower) records(data []byte) (bool, error) {
	for rec, err := range readback.ReadFrom(bytes.NewReader(data), f.path, f.options...) {
		if goOn, err := f.one(&rec, err, f.found); err != nil || !goOn {
			return goOn, err
		}
	}
	return true, nil
}
