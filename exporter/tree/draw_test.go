package tree_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mattn/go-runewidth"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/exporter/encode"
	"github.com/tracehook/tracehook/exporter/exportertest"
	"github.com/tracehook/tracehook/exporter/tree"
)

func id(n int) (s trace.SpanID) {
	binary.BigEndian.PutUint64(s[:], uint64(n))
	return s
}

// span makes a span that lasts from one millisecond to another.
func span(n, parent, from, to int, name string) tree.Span {
	return tree.Span{
		TraceID: trace.TraceID{15: 1}, ID: id(n), Parent: id(parent), Name: name, Kind: "internal",
		Start: exportertest.Start().Add(time.Duration(from) * time.Millisecond), Duration: time.Duration(to-from) * time.Millisecond,
		Children: -1,
	}
}

func fixed() []tree.Span {
	var spans []tree.Span
	var v encode.View
	for _, s := range exportertest.Spans() {
		v.Read(s)
		spans = append(spans, tree.FromView(&v))
	}
	return spans
}

// siblings is a span with n equal children and some others: each of them has a child, too.
func siblings(n int) []tree.Span {
	spans := []tree.Span{span(1, 0, 0, 10*n+100, "load cart"), span(2, 1, 0, 5, "cache.get")}
	for i := range n {
		query := span(10+2*i, 1, 5+10*i, 10+10*i+i%7, "SELECT item")
		query.Attributes = []attribute.KeyValue{attribute.Int("item", i)}
		spans = append(spans, query, span(11+2*i, 10+2*i, 5+10*i, 9+10*i, "net.read"))
	}
	failed := span(5, 1, 10*n+20, 10*n+30, "SELECT item")
	failed.Status, failed.Message = "error", "deadlock"
	return append(spans, failed, span(6, 1, 10*n+40, 10*n+50, "render"), span(7, 1, 10*n+50, 10*n+60, "render"))
}

func draw(s tree.Style, spans []tree.Span) string {
	s.Location = time.UTC
	return string(s.Append(nil, tree.Trace{Spans: spans}))
}

func TestGolden(t *testing.T) {
	t.Parallel()
	shop := []tree.Span{
		span(1, 0, 0, 100, "GET /cart"), span(2, 1, 0, 40, "service:cart.load"), span(3, 2, 5, 35, "SELECT"),
		span(4, 1, 40, 100, "service:price"), span(5, 4, 40, 60, "cache.get"), span(6, 4, 60, 100, "http:currency"),
	}
	shop[0].Service, shop[1].Service, shop[2].Service = "shop", "cart", "cart"
	shop[3].Service, shop[4].Service, shop[5].Service = "shop", "shop", "unknown_service:x"
	shop[2].Status, shop[2].Message = "error", "deadlock"
	shop[5].Status = "retry"
	shop[0].Attributes = []attribute.KeyValue{
		attribute.String("user.id", "42"), attribute.String("server.address", "10.0.0.1"), attribute.String("http.request.method", "GET"),
	}
	shop[0].Children, shop[3].Children = 3, 7
	wide := []tree.Span{span(1, 0, 0, 10, "数据库查询"), span(2, 1, 0, 5, "emoji 🙂🙂"), span(3, 1, 5, 10, "plain")}
	remote := span(1, 99, 0, 10, "below a remote parent")
	remote.Remote = true
	orphans := []tree.Span{remote, span(2, 77, 1, 2, "orphan"), span(3, 2, 1, 2, "its child"), span(4, 78, 3, 4, "another")}
	deep := []tree.Span{span(1, 0, 0, 100, "level 0")}
	for i := 1; i < 20; i++ {
		deep = append(deep, span(i+1, i, i, 100-i, fmt.Sprintf("level %d", i)))
	}
	deep = append(deep, span(100, 20, 50, 51, "a leaf"), span(101, 20, 51, 52, "its brother"))
	deep[17].Status = "error"
	failing := []tree.Span{span(1, 0, 0, 100, "GET /orders/{id}"), span(2, 1, 5, 40, "SELECT orders")}
	failing[1].Status = "error"
	failing[1].Message = "dial tcp 10.0.0.7:5432: connect: connection refused: the primary is down and no replica has taken over yet; 数据库连接失败，请稍后再试; tried 3 times in 12.5s"
	failing[1].Attributes = []attribute.KeyValue{attribute.String("db.system.name", "postgresql"), attribute.String("db.namespace", "shop")}
	tests := []struct {
		name  string
		style tree.Style
		spans []tree.Span
	}{
		{"fixed", tree.Style{}, fixed()},
		{"fixed_color", tree.Style{Color: true}, fixed()},
		{"fixed_narrow", tree.Style{Width: 1}, fixed()},
		{"fixed_80", tree.Style{Width: 80}, fixed()},
		{"folded", tree.Style{Width: 80}, siblings(300)},
		{"folded_narrow", tree.Style{Width: 40}, siblings(300)},
		{"errors_80", tree.Style{Width: 80}, failing},
		{"errors_narrow", tree.Style{Width: 40}, failing},
		{"shop", tree.Style{Width: 100}, shop},
		{"wide", tree.Style{Width: 90}, wide},
		{"orphans", tree.Style{Width: 90}, orphans},
		{"deep", tree.Style{Width: 130}, deep},
		{"instant", tree.Style{}, []tree.Span{span(1, 0, 0, 0, "nothing lasted"), span(2, 1, 0, 0, "at all")}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			golden(t, test.name, []byte(draw(test.style, test.spans)))
		})
	}
}

// No line is wider than the terminal, whatever the spans are called.
func TestLinesFit(t *testing.T) {
	t.Parallel()
	names := []string{"x", strings.Repeat("long ", 100), strings.Repeat("数", 200), "🙂" + strings.Repeat("a", 70), "a\nb\x1b[2J", ""}
	for _, width := range []int{40, 60, 80, 121, 1000} {
		var spans []tree.Span
		for i := range 40 {
			s := span(i+1, i, i, 100-i, names[i%len(names)])
			s.Service = names[(i+1)%len(names)]
			s.Kind = names[(i+2)%len(names)]
			s.Attributes = []attribute.KeyValue{
				attribute.String(names[(i+3)%len(names)], names[(i+4)%len(names)]), attribute.StringSlice("list", names), attribute.Int("n", i),
			}
			spans = append(spans, s)
		}
		condition := runewidth.Condition{StrictEmojiNeutral: true}
		lines := strings.Split(draw(tree.Style{Width: width}, spans), "\n")
		want := 1 + 40 + 1
		if width == 40 {
			want = 2 + 2*40 + 1 // attributes are in lines of their own
		}
		if len(lines) != want {
			t.Errorf("width %d: %d lines for 40 spans, want %d", width, len(lines), want)
		}
		for _, line := range lines {
			if got := condition.StringWidth(line); got > width {
				t.Errorf("width %d: a line of %d cells: %s", width, got, line)
			}
			if strings.ContainsAny(line, "\x1b\r\t") {
				t.Errorf("a control character is in %q", line)
			}
			if strings.HasSuffix(line, " ") {
				t.Errorf("blanks at the end of %q", line)
			}
		}
	}
}

// The bar column begins at the same cell in every line, also after wide characters.
func TestColumnsAlign(t *testing.T) {
	t.Parallel()
	spans := []tree.Span{span(1, 0, 0, 10, "数据库"), span(2, 1, 0, 10, "ascii name"), span(3, 1, 0, 10, "é🙂"), span(4, 3, 0, 10, "")}
	condition := runewidth.Condition{StrictEmojiNeutral: true}
	var columns []int
	for _, line := range strings.Split(strings.TrimSpace(draw(tree.Style{}, spans)), "\n")[1:] {
		before, _, ok := strings.Cut(line, "━")
		if !ok {
			t.Fatalf("no bar in %q", line)
		}
		columns = append(columns, condition.StringWidth(before))
	}
	for _, c := range columns {
		if c != columns[0] {
			t.Fatalf("bars begin at the cells %v", columns)
		}
	}
}

// Broken files have circles, twins and spans that are their own parents: each span is drawn
// once all the same.
func TestEverySpanIsDrawnOnce(t *testing.T) {
	t.Parallel()
	tests := map[string][]tree.Span{
		"a circle of two":     {span(1, 2, 0, 1, "s"), span(2, 1, 0, 1, "s")},
		"a circle of three":   {span(1, 3, 2, 3, "s"), span(2, 1, 0, 1, "s"), span(3, 2, 1, 2, "s")},
		"a circle with a leg": {span(1, 2, 0, 1, "s"), span(2, 1, 0, 1, "s"), span(3, 2, 0, 1, "s"), span(4, 3, 0, 1, "s")},
		"its own parent":      {span(1, 1, 0, 1, "s")},
		"twins":               {span(1, 0, 0, 1, "s"), span(1, 0, 0, 1, "s"), span(2, 1, 0, 1, "s")},
		"twins in a line":     {span(1, 0, 0, 1, "s"), span(1, 1, 0, 1, "s")},
		"no ids":              {span(0, 0, 0, 1, "s"), span(0, 0, 0, 1, "s")},
		"two roots":           {span(1, 0, 0, 1, "s"), span(2, 0, 0, 1, "s")},
		"negative duration":   {span(1, 0, 5, 1, "s"), span(2, 1, 9, 0, "s")},
	}
	for name, spans := range tests {
		got := draw(tree.Style{}, spans)
		lines := 0
		for line := range strings.SplitSeq(got, "\n") {
			if strings.Contains(line, "━") {
				lines++
			}
		}
		if lines != len(spans) {
			t.Errorf("%s: %d lines for %d spans:\n%s", name, lines, len(spans), got)
		}
	}
	if got := draw(tree.Style{}, nil); got != "" {
		t.Errorf("no spans are drawn as %q", got)
	}
}

func TestMissingChildrenAreSaid(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		children int
		want     string
	}{
		{"not known", -1, ""},
		{"all here", 1, ""},
		{"fewer than here", 0, ""},
		{"one missing", 2, "… 1 child is not here: still open, or not sampled"},
		{"some missing", 4, "… 3 children are not here: still open, or not sampled"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			spans := []tree.Span{span(1, 0, 0, 2, "root"), span(2, 1, 0, 1, "child")}
			spans[0].Children = test.children
			got := draw(tree.Style{}, spans)
			if test.want == "" && strings.Contains(got, "…") || !strings.Contains(got, test.want) {
				t.Errorf("want %q in\n%s", test.want, got)
			}
		})
	}
}

func TestErrorsShowTheirText(t *testing.T) {
	t.Parallel()
	s := span(1, 0, 0, 1, "root")
	s.Status, s.Message = "denied", "first line\n\x1b[31msecond "+strings.Repeat("long ", 40)
	got := strings.Join(strings.Fields(draw(tree.Style{Width: 60}, []tree.Span{s})), " ")
	if want := `✗ denied: first line\n\x1b[31msecond ` + strings.Repeat("long ", 40); !strings.Contains(got, strings.TrimSpace(want)) {
		t.Errorf("the text isn't there as a whole:\n%s", got)
	}
	s.Message = strings.Repeat("\x00", 10<<20)
	if got := draw(tree.Style{}, []tree.Span{s}); len(got) > 20_000 {
		t.Errorf("an error of 10 MB is drawn in %d bytes", len(got))
	}
}

func TestDurations(t *testing.T) {
	t.Parallel()
	for give, want := range map[time.Duration]string{
		0: "0ns", 999: "999ns", 1500: "1.50µs", 12_340: "12.3µs", 123_400: "123µs", 1_234_567: "1.23ms", 999_999_999: "1000ms",
		time.Second: "1.00s", 59 * time.Second: "59.0s", 90 * time.Second: "1m30s", 26*time.Hour + 4*time.Minute: "26h4m0s", -5: "0ns",
	} {
		s := span(1, 0, 0, 0, "root")
		s.Duration = give
		if got := draw(tree.Style{}, []tree.Span{s}); !strings.Contains(got, " "+want+"  ") {
			t.Errorf("%d ns: want %q in\n%s", give, want, got)
		}
	}
}

// A chain of spans must not make lines that grow with it.
func TestDeepTracesStaySmall(t *testing.T) {
	t.Parallel()
	var spans []tree.Span
	for i := range 10_000 {
		spans = append(spans, span(i+1, i, 0, 10, "deep"))
	}
	got := tree.Style{}
	if size := len(got.Append(nil, tree.Trace{Spans: spans})); size > 300*len(spans) {
		t.Errorf("%d bytes for %d spans", size, len(spans))
	}
}

func TestContinuedIsSaid(t *testing.T) {
	t.Parallel()
	var s tree.Style
	got := s.Append([]byte("before "), tree.Trace{Spans: []tree.Span{span(1, 0, 0, 1, "late")}, Continued: true})
	if !bytes.HasPrefix(got, []byte("before trace 00000000000000000000000000000001 (continued)")) {
		t.Errorf("got %s", got)
	}
}

func FuzzAppend(f *testing.F) {
	f.Add("name", "service", "message", "key", "value", uint16(0x0123), uint16(80))
	f.Add("\xff\x1b", "数", "\n", "", "🙂", uint16(0xffff), uint16(0))
	f.Fuzz(func(t *testing.T, name, service, message, key, value string, shape, width uint16) {
		var spans []tree.Span
		for i := range 4 {
			s := span(i+1, int(shape>>(4*i)&7), i, int(shape>>i&15), name)
			s.Service, s.Message, s.Status = service, message, []string{"ok", "error", ""}[i%3]
			s.Attributes = []attribute.KeyValue{attribute.String(key, value)}
			spans = append(spans, s)
		}
		for line := range strings.SplitSeq(draw(tree.Style{Width: int(width)}, spans), "\n") {
			for _, r := range line {
				if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
					t.Fatalf("%U is in %q", r, line)
				}
			}
		}
	})
}

// Equal siblings are one line, and none of them is forgotten.
func TestEqualSiblingsAreFolded(t *testing.T) {
	t.Parallel()
	spans := siblings(300)
	got := draw(tree.Style{Width: 80}, spans)
	if lines := strings.Count(got, "\n"); lines != 10 {
		t.Errorf("%d lines for %d spans, want 10:\n%s", lines, len(spans), got)
	}
	if !strings.Contains(got, "… 299 more like it") || !strings.Contains(got, "deadlock") || strings.Count(got, "render") != 2 {
		t.Errorf("want 299 folded, and what differs as it is:\n%s", got)
	}
	if lines := strings.Count(draw(tree.Style{Width: 80, Full: true}, spans), "\n"); lines != len(spans)+2 {
		t.Errorf("%d lines in full, want %d", lines, len(spans)+2)
	}
	for _, change := range []func(*tree.Span){
		func(s *tree.Span) { s.Name = "other" },
		func(s *tree.Span) { s.Service = "other" },
		func(s *tree.Span) { s.Status = "error" },
		func(s *tree.Span) { s.Children = 9 },
	} {
		spans := siblings(4)
		change(&spans[4])
		if got := draw(tree.Style{Width: 80}, spans); strings.Contains(got, "more like it") {
			t.Errorf("siblings that differ are folded:\n%s", got)
		}
	}
}
