package processor

import (
	"errors"
	"fmt"
	"unicode/utf8"
)

// partialResult is an error that knows what became of the spans of an export.
type partialResult interface {
	error
	SpanResult() (exported, failed, spooled int)
}

// result is what an export came to.
type result struct {
	exported, failed, spooled uint64
	err                       error
	panicked                  bool
}

// readResult reads the error of an export of n spans. Without a SpanResult, an error means
// that none is confirmed. Numbers that don't add up to n are cut, or filled with failed:
// nothing counts as delivered that nobody has confirmed.
func readResult(err error, n int) result {
	if err == nil {
		return result{exported: uint64(n)}
	}
	r := result{err: err}
	var part partialResult
	if !errors.As(err, &part) {
		r.failed = uint64(n)
		return r
	}
	exported, failed, spooled := part.SpanResult()
	failed = min(max(failed, 0), n)
	spooled = min(max(spooled, 0), n-failed)
	exported = min(max(exported, 0), n-failed-spooled)
	r.exported, r.spooled = uint64(exported), uint64(spooled)
	r.failed = uint64(n - exported - spooled)
	return r
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
