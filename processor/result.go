package processor

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/tracehook/tracehook/exporter/report"
)

// result is what an export came to.
type result struct {
	exported, failed, spooled uint64
	err                       error
	panicked                  bool
}

// readResult reads the error of an export of n spans.
func readResult(err error, n int) result {
	r := report.Read(err, n)
	return result{exported: uint64(r.Exported), failed: uint64(r.Failed), spooled: uint64(r.Spooled), err: err}
}

// maxErrorText bounds what of a foreign error is kept in memory and in lines.
const maxErrorText = 512

// brief is a foreign error with a bounded text. [errors.Is] and [errors.As] see the original,
// whose own methods may panic.
type brief struct {
	text string
	err  error
}

func (b *brief) Error() string { return b.text }

func (b *brief) Is(target error) (is bool) {
	defer func() {
		if recover() != nil {
			is = false
		}
	}()
	return errors.Is(b.err, target)
}

func (b *brief) As(target any) (as bool) {
	defer func() {
		if recover() != nil {
			as = false
		}
	}()
	return errors.As(b.err, target)
}

// shorten bounds the text of err, which is not nil.
func shorten(err error) *brief {
	text := safeText(err)
	if len(text) <= maxErrorText {
		return &brief{text, err}
	}
	cut := maxErrorText
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return &brief{text[:cut] + "...", err}
}

// safeText returns err.Error(), which is foreign code and may panic.
func safeText(err error) (text string) {
	defer func() {
		if recover() != nil {
			text = fmt.Sprintf("an error of type %T whose text can't be had", err)
		}
	}()
	return err.Error()
}
