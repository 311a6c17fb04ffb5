package readback

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

var errTooLong = errors.New("the record is too long")

// scanner cuts a file into records: lines, or YAML documents.
type scanner struct {
	r     *bufio.Reader
	most  int
	kind  string // "" until the first line told
	text  []byte // the line that was read
	doc   []byte // the document so far
	line  int    // number of the next line
	start int    // line of the separator that was read ahead, 0 if none was
}

func newScanner(src io.Reader, most int, kind string) *scanner {
	return &scanner{r: bufio.NewReaderSize(src, 64<<10), most: most, kind: kind, line: 1}
}

// next returns a record without its last newline, and the line at which it begins. Blank
// lines are skipped. After errTooLong the next record follows; other errors are final.
func (s *scanner) next() (raw []byte, line int, err error) {
	for s.kind != kindYAML {
		start := s.line
		err := s.readLine()
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, start, err
		}
		if len(bytes.TrimSpace(s.text)) == 0 {
			if err != nil {
				return nil, start, err
			}
			continue
		}
		if s.kind == "" {
			s.kind = guess(s.text)
		}
		if s.kind == kindYAML {
			s.start = start
			break
		}
		return bytes.TrimSuffix(s.text, []byte("\n")), start, nil
	}
	return s.document()
}

// guess tells the kind of a file by its first line.
func guess(text []byte) string {
	switch {
	case text[0] == '{':
		return kindJSON // or OTLP, which its key tells
	case separates(text):
		return kindYAML
	}
	return kindText
}

// separates says whether a line begins a YAML document.
func separates(text []byte) bool { return string(bytes.TrimRight(text, " \r\n")) == "---" }

// document returns the lines up to the next separator.
func (s *scanner) document() (raw []byte, line int, err error) {
	s.doc = s.doc[:0]
	start := s.start
	if start == 0 {
		start = s.line
	}
	s.start = 0
	long := false
	for {
		at := s.line
		err := s.readLine()
		tooLong := errors.Is(err, errTooLong)
		found := len(bytes.TrimSpace(s.doc)) > 0
		switch {
		case err == nil && separates(s.text):
			if !found && !long {
				start = at
				continue
			}
			s.start = at
		case err == nil || tooLong || errors.Is(err, io.EOF):
			if long = long || tooLong || len(s.doc)+len(s.text) > s.most; long {
				s.doc = s.doc[:0]
			} else {
				s.doc = append(s.doc, s.text...)
			}
			if err == nil || tooLong {
				continue
			}
			found = len(bytes.TrimSpace(s.doc)) > 0
		default:
			return nil, at, err
		}
		switch {
		case long:
			return nil, start, s.tooLong()
		case found:
			return bytes.TrimSuffix(s.doc, []byte("\n")), start, nil
		}
		return nil, start, err
	}
}

// readLine reads the next line and its newline into text. Of a line that is too long it
// skips the rest.
func (s *scanner) readLine() error {
	s.text = s.text[:0]
	long := false
	for {
		part, err := s.r.ReadSlice('\n')
		if long = long || len(s.text)+len(part) > s.most; !long {
			s.text = append(s.text, part...)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		s.line++
		if long && (err == nil || errors.Is(err, io.EOF)) {
			return s.tooLong()
		}
		return err
	}
}

func (s *scanner) tooLong() error {
	return fmt.Errorf("%w: more than %d bytes", errTooLong, s.most)
}
