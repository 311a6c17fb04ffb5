package connection

import (
	"errors"
	"fmt"

	"github.com/tracehook/tracehook/internal/clip"
)

// maxErrorText bounds what of a foreign error is kept in memory and in lines.
const maxErrorText = 512

// shortened is a foreign error with a bounded text. [errors.Is] and [errors.As] see the
// original, whose own methods may panic.
type shortened struct {
	text string
	err  error
}

func (s *shortened) Error() string { return s.text }

func (s *shortened) Is(target error) (is bool) {
	defer func() { is = recover() == nil && is }()
	return errors.Is(s.err, target)
}

func (s *shortened) As(target any) (as bool) {
	defer func() { as = recover() == nil && as }()
	return errors.As(s.err, target)
}

// shorten bounds the text of err, which is not nil.
func shorten(err error) *shortened {
	text := safeText(err)
	if len(text) <= maxErrorText {
		return &shortened{text, err}
	}
	return &shortened{clip.Head(text, maxErrorText) + "...", err}
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
