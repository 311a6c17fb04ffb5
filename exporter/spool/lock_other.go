//go:build !unix && !windows

package spool

import (
	"errors"
	"os"
)

func tryLock(*os.File) error {
	return errors.New("this system has no file locks, and a spool needs one")
}
