package file

import (
	"errors"
	"fmt"
)

// errLocked says that somebody else has the lock.
var errLocked = errors.New("locked by somebody else")

// notRegularError says that a path is taken by something that isn't a file.
type notRegularError struct{ path, kind string }

func (e *notRegularError) Error() string {
	return fmt.Sprintf("%q is a %s; name a regular file", e.path, e.kind)
}
