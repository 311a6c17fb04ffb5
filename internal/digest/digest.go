// Package digest says whether two values of plain data are the same.
package digest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// Of returns 64 hexadecimal digits that are equal for equal data, whatever the order in which
// maps were filled. It sees what encoding/json does: exported fields, and of types with a
// MarshalJSON what that says. Data can't be read from it.
func Of(data any) string {
	text, err := json.Marshal(data)
	if err != nil { // a map of code, with values that JSON can't hold
		text = fmt.Appendf(nil, "%#v", data)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
