package config

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// clean checks that data is text that a parser may see, and removes a byte order mark. It
// returns a problem if it isn't.
func clean(data []byte) (text []byte, problem *Problem) {
	if len(data) > maxSize {
		return nil, &Problem{Message: fmt.Sprintf("is larger than %d MiB, which no configuration is", maxSize>>20)}
	}
	if bytes.HasPrefix(data, []byte{0xff, 0xfe}) || bytes.HasPrefix(data, []byte{0xfe, 0xff}) {
		return nil, &Problem{Message: "is UTF-16; save it as UTF-8"}
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if offset := invalid(data); offset >= 0 {
		return nil, &Problem{
			Line:    1 + bytes.Count(data[:offset], []byte("\n")),
			Message: fmt.Sprintf("is not UTF-8 (byte 0x%02x); save it as UTF-8", data[offset]),
		}
	}
	return data, nil
}

// invalid returns the offset of the first byte that is not UTF-8, or -1.
func invalid(data []byte) int {
	for i, r := range string(data) {
		if r != utf8.RuneError {
			continue
		}
		if _, size := utf8.DecodeRune(data[i:]); size == 1 {
			return i
		}
	}
	return -1
}
