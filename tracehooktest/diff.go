package tracehooktest

import (
	"slices"
	"strings"
)

// lineDiff returns all lines of two texts, each after "- " if only want has it, "+ " if only got
// has it; "" if there is no difference but in line ends and empty lines around.
func lineDiff(want, got string) string {
	x, y := lines(want), lines(got)
	// same[i][j] is how many lines x[i:] and y[j:] have in common.
	same := make([][]int, len(x)+1)
	for i := range same {
		same[i] = make([]int, len(y)+1)
	}
	for i := range slices.Backward(x) {
		for j := len(y) - 1; j >= 0; j-- {
			same[i][j] = max(same[i+1][j], same[i][j+1])
			if x[i] == y[j] {
				same[i][j] = same[i+1][j+1] + 1
			}
		}
	}
	if same[0][0] == len(x) && len(x) == len(y) {
		return ""
	}
	var b strings.Builder
	i, j := 0, 0
	for i < len(x) || j < len(y) {
		switch {
		case i < len(x) && j < len(y) && x[i] == y[j]:
			write(&b, ' ', x[i])
			i, j = i+1, j+1
		case i < len(x) && (j == len(y) || same[i+1][j] >= same[i][j+1]):
			write(&b, '-', x[i])
			i++
		default:
			write(&b, '+', y[j])
			j++
		}
	}
	return b.String()
}

func lines(text string) []string {
	text = strings.Trim(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

func write(b *strings.Builder, sign byte, line string) {
	if line == "" && sign == ' ' {
		b.WriteByte('\n')
		return
	}
	b.WriteByte(sign)
	b.WriteString(strings.TrimRight(" "+line, " "))
	b.WriteByte('\n')
}
