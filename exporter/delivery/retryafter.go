package delivery

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// retryAfter reads the value of a Retry-After header, seconds or a date; 0 if there is
// none, it is in the past or it can't be read. It is at most 10 minutes.
func retryAfter(value string, now time.Time) time.Duration {
	value = strings.TrimSpace(value)
	switch seconds, err := strconv.ParseUint(value, 10, 32); {
	case err == nil:
		return min(time.Duration(seconds)*time.Second, maxAfter)
	case errors.Is(err, strconv.ErrRange):
		return maxAfter
	}
	if date, err := http.ParseTime(value); err == nil {
		return min(max(date.Sub(now), 0), maxAfter)
	}
	return 0
}
