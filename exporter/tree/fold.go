package tree

import (
	"encoding/binary"
	"hash/maphash"
	"slices"
	"strconv"
	"time"
)

// fewest is how many equal siblings in a row are folded.
const fewest = 4

// foldCells is what the name of most folded siblings needs.
const foldCells = len("… 1234 more like it") - 2

// visit is a span to be drawn, or some that are folded.
type visit struct {
	at     int32
	folded []int32
	depth  int
	last   bool
}

// visits adds siblings to todo, the first one last.
func visits(todo []visit, siblings []int32, signatures []uint64, depth int) []visit {
	for end := len(siblings); end > 0; {
		start := end - 1
		for signatures != nil && start > 0 && signatures[siblings[start-1]] == signatures[siblings[end-1]] {
			start--
		}
		last := end == len(siblings)
		if end-start >= fewest {
			todo = append(todo, visit{folded: siblings[start+1 : end], depth: depth, last: last},
				visit{at: siblings[start], depth: depth})
			end = start
			continue
		}
		end--
		todo = append(todo, visit{at: siblings[end], depth: depth, last: last})
	}
	return todo
}

// signatures returns for each span a number that is equal for those that are equal, with all
// that is below them, but for ids, times and attributes; nil if nothing is folded.
func (d *drawing) signatures(roots []int32) []uint64 {
	if d.Full || len(d.spans) < fewest {
		return nil
	}
	order := append(make([]int32, 0, len(d.spans)), roots...) // parents before children
	for i := 0; i < len(order); i++ {
		order = append(order, d.nodes[order[i]].children...)
	}
	signatures := make([]uint64, len(d.spans))
	var hash maphash.Hash
	for _, at := range slices.Backward(order) {
		s, n := &d.spans[at], &d.nodes[at]
		hash.Reset()
		for _, text := range [...]string{s.Name, s.Service, s.Kind, s.Status, s.Message} {
			_, _ = hash.WriteString(text) // never fails, like the others
			_ = hash.WriteByte(0xff)
		}
		var b [8]byte
		for _, child := range n.children {
			_, _ = hash.Write(binary.LittleEndian.AppendUint64(b[:0], signatures[child]))
		}
		_, _ = hash.Write(binary.LittleEndian.AppendUint64(b[:0], uint64(n.missing)))
		if n.orphan {
			_, _ = hash.Write(s.Parent[:])
		}
		signatures[at] = hash.Sum64()
	}
	return signatures
}

// fold appends the line of spans that are like the one before.
func (d *drawing) fold(dst []byte, folded []int32, depth int) []byte {
	first := &d.spans[folded[0]]
	start, end, shortest, longest, sum := first.Start, first.end(), first.Duration, first.Duration, time.Duration(0)
	for _, at := range folded {
		s := &d.spans[at]
		if s.end().After(end) {
			end = s.end()
		}
		shortest, longest, sum = min(shortest, s.Duration), max(longest, s.Duration), sum+s.Duration
	}
	room := max(d.name-d.indent(depth), 1)
	label := cut("… "+strconv.Itoa(len(folded))+" more like it", room)
	dst = d.paint(dst, dim, label)
	if d.Masked {
		return endLine(dst)
	}
	dst = blanks(dst, room-cells(label)+1)
	c := cyan
	if first.bad() {
		c = red
	}
	dst = d.timing(dst, start, end.Sub(start), c)
	about := duration(shortest) + " to " + duration(longest) + " each, " + duration(sum) + " in all"
	if d.beside {
		dst = append(dst, "  "...)
		dst = d.paint(dst, dim, cut(about, d.wide-d.used(max(d.name, d.indent(depth)+1))-2))
		return endLine(dst)
	}
	dst = d.trunk(endLine(dst), depth, false)
	return endLine(d.paint(dst, dim, cut(about, d.wide-d.indent(depth)-3)))
}
