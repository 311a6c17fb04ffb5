package main

import (
	"fmt"
	"html"
	"strings"
)

// Colors that can be told apart on light and dark paper, and by most who see few colors.
const (
	ink    = "#24292f"
	faint  = "#8c959f"
	paper  = "#ffffff"
	blue   = "#0969da"
	green  = "#1a7f37"
	red    = "#cf222e"
	amber  = "#9a6700"
	shaded = "#eaeef2"
)

// dark has each of them on dark paper. The shapes name the colors of light paper, and a rule of the picture's
// style replaces them where a reader prefers dark pages.
func dark() string {
	var b strings.Builder
	for _, c := range [][2]string{
		{ink, "#e6edf3"},
		{faint, "#8b949e"},
		{paper, "#0d1117"},
		{blue, "#58a6ff"},
		{green, "#3fb950"},
		{red, "#ff7b72"},
		{amber, "#d29922"},
		{shaded, "#2b313a"},
	} {
		fmt.Fprintf(&b, "[fill=\"%[1]s\"]{fill:%[2]s}[stroke=\"%[1]s\"]{stroke:%[2]s}", c[0], c[1])
	}
	return b.String()
}

// svg collects shapes.
type svg struct {
	b             strings.Builder
	width, height int
}

func (s *svg) add(format string, args ...any) { fmt.Fprintf(&s.b, format+"\n", args...) }

func (s *svg) rect(x, y, w, h float64, fill string) {
	s.add(`<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="2" fill="%s"/>`, x, y, w, h, fill)
}

func (s *svg) frame(x, y, w, h float64, color string) {
	s.add(`<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="4" fill="none" stroke="%s"/>`, x, y, w, h, color)
}

func (s *svg) line(x1, y1, x2, y2 float64, color, more string) {
	s.add(`<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="%s"%s/>`, x1, y1, x2, y2, color, more)
}

// arrow goes to the right.
func (s *svg) arrow(x1, x2, y float64) {
	s.line(x1, y, x2-6, y, ink, "")
	s.add(`<polygon points="%.1f,%.1f %.1f,%.1f %.1f,%.1f" fill="%s"/>`, x2, y, x2-7, y-4, x2-7, y+4, ink)
}

// text writes words at a baseline; anchor is start, middle or end.
func (s *svg) text(x, y float64, color, anchor, words string) {
	s.add(`<text x="%.1f" y="%.1f" fill="%s" text-anchor="%s">%s</text>`, x, y, color, anchor, html.EscapeString(words))
}

// bold writes a heading that begins at x.
func (s *svg) bold(x, y float64, words string) {
	s.add(`<text x="%.1f" y="%.1f" fill="%s" text-anchor="start" font-weight="bold">%s</text>`, x, y, ink, html.EscapeString(words))
}

// whole returns the picture. title is read aloud by screen readers.
func (s *svg) whole(title string) string {
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" font-family="system-ui, sans-serif" font-size="13" role="img">
<title>%s</title>
<style>@media (prefers-color-scheme: dark){%s}</style>
<rect width="%d" height="%d" fill="%s"/>
%s</svg>
`, s.width, s.height, s.width, s.height, html.EscapeString(title), dark(), s.width, s.height, paper, s.b.String())
}
