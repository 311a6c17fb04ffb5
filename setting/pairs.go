package setting

import (
	"iter"
	"net/url"
	"strings"
)

// Pairs returns the names and values of text such as "a=1,b=x%2Cy", which the OpenTelemetry
// specification has for variables that hold tables: pairs with commas between them, values
// percent-encoded. Empty members are skipped. The name of a malformed pair is "".
func Pairs(text string) iter.Seq2[string, string] {
	return func(yield func(name, value string) bool) {
		for member := range strings.SplitSeq(text, ",") {
			if strings.TrimSpace(member) == "" {
				continue
			}
			name, value, ok := strings.Cut(member, "=")
			value, err := url.PathUnescape(strings.TrimSpace(value))
			if !ok || err != nil {
				name = ""
			}
			if !yield(strings.TrimSpace(name), value) {
				return
			}
		}
	}
}
