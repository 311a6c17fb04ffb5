package main

import (
	"fmt"
	"os"
	"strings"
	"time"
)

// barEvery is how often the bar is drawn.
const barEvery = 100 * time.Millisecond

// progress draws how far a replay is, on a terminal.
type progress struct {
	*program
	total, before, in int64 // bytes: of all, of files that are read, of the one that is being read
	path              string
	spans             int
	began, drawn      time.Time
	wide              int
}

// sizes returns how many bytes there are to read; 0 if nobody knows.
func sizes(sources []source) (total int64, err error) {
	for _, s := range sources {
		leaves, err := s.leaves()
		if err != nil {
			return 0, err
		}
		for _, leaf := range leaves {
			if info, err := os.Stat(leaf.where); err == nil {
				total += info.Size()
			}
		}
	}
	return total, nil
}

func newProgress(p *program, total int64) *progress {
	return &progress{program: p, total: total, began: time.Now()}
}

// read counts a record of a file.
func (p *progress) read(path string, bytes int) {
	if path != p.path {
		p.before, p.in, p.path = p.before+p.in, 0, path
	}
	p.in += int64(bytes)
	p.draw(false)
}

func (p *progress) sent(spans int) {
	p.spans = spans
	p.draw(false)
}

// draw draws the bar over the one before.
func (p *progress) draw(last bool) {
	width := p.bar()
	now := time.Now()
	if width == 0 || !last && now.Sub(p.drawn) < barEvery {
		return
	}
	p.drawn = now
	perSecond := float64(p.spans) / max(now.Sub(p.began).Seconds(), 0.001)
	text := fmt.Sprintf("%d spans delivered, %.0f a second", p.spans, perSecond)
	if space := width - len(text) - 10; p.total > 0 && space >= 10 {
		share := min(float64(p.before+p.in)/float64(p.total), 1)
		if last {
			share = max(share, 0)
		}
		full := int(share * float64(space))
		text = fmt.Sprintf("[%s%s] %3.0f %%  %s", strings.Repeat("=", full), strings.Repeat(" ", space-full), 100*share, text)
	}
	if len(text) >= width {
		text = text[:width-1]
	}
	_, _ = fmt.Fprintf(p.err, "\r%s%s", text, strings.Repeat(" ", max(p.wide-len(text), 0)))
	p.wide = len(text)
}

// end leaves the bar behind.
func (p *progress) end() {
	if p.bar() > 0 {
		p.draw(true)
		_, _ = fmt.Fprintln(p.err)
	}
}
