package file

import "errors"

// errLocked says that somebody else has the lock.
var errLocked = errors.New("locked by somebody else")
