// Package safecall keeps those who call code of others safe from what it may do: panic, hang or
// end its goroutine.
package safecall

import (
	"context"
	"fmt"
	"time"
)

// Grace is what code of others gets when its context is done: time to notice that and to
// return, but not to begin anything.
const Grace = 10 * time.Millisecond

// Go runs f on a goroutine of its own. The channel gets what f returns, or an error that says how who ended
// without returning.
func Go(who string, f func() error) <-chan error {
	result := make(chan error, 1)
	go func() {
		err := fmt.Errorf("%s ended the goroutine", who)
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("%s panicked: %v", who, p)
			}
			result <- err
		}()
		err = f()
	}()
	return result
}

// Await returns what comes from c, or that c is closed; ok is false if nothing has come when
// ctx has been done for [Grace].
func Await[T any](ctx context.Context, c <-chan T) (value T, ok bool) {
	select {
	case value = <-c:
		return value, true
	case <-ctx.Done():
	}
	grace := time.NewTimer(Grace)
	defer grace.Stop()
	select {
	case value = <-c:
		return value, true
	case <-grace.C:
		return value, false
	}
}
