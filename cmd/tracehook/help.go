package main

import (
	"strings"

	"github.com/mattn/go-runewidth"
	"github.com/spf13/cobra"
)

// helpWidth is how wide help is: the usual width of a terminal.
const helpWidth = 80

// fitHelp makes the help of a command and those below it fit into a terminal.
func fitHelp(c *cobra.Command) {
	c.Long = wrapped(c.Long)
	if !c.HasParent() { // those below have it from here
		c.SetUsageTemplate(strings.ReplaceAll(c.UsageTemplate(), ".FlagUsages", ".FlagUsagesWrapped 80"))
	}
	for _, each := range c.Commands() {
		fitHelp(each)
	}
}

// wrapped breaks the lines of paragraphs anew, and leaves indented lines alone.
func wrapped(text string) string {
	paragraphs := strings.Split(text, "\n\n")
	for i, p := range paragraphs {
		if !strings.HasPrefix(p, "  ") {
			paragraphs[i] = fill80(strings.Fields(p))
		}
	}
	return strings.Join(paragraphs, "\n\n")
}

func fill80(words []string) string {
	var b strings.Builder
	at := 0
	for _, word := range words {
		n := runewidth.StringWidth(word)
		switch {
		case at == 0:
		case at+1+n > helpWidth:
			b.WriteByte('\n')
			at = 0
		default:
			b.WriteByte(' ')
			at++
		}
		b.WriteString(word)
		at += n
	}
	return b.String()
}
