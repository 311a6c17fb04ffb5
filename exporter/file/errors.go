package file

import "errors"

// errLocked is returned when another writer has the lock.
var errLocked = errors.New("locked by somebody else")
