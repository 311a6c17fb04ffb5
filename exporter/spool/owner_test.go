//go:build unix

package spool

import (
	"strings"
	"testing"
)

func TestCheckUID(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		owner uint32
		us    int
		ok    bool
	}{{1000, 1000, true}, {0, 1000, true}, {0, 0, true}, {1001, 1000, false}, {1000, 0, false}} {
		err := checkUID("/spool", tt.owner, tt.us)
		if (err == nil) != tt.ok {
			t.Errorf("owner %d, process %d: %v", tt.owner, tt.us, err)
		}
		if err != nil && !strings.Contains(err.Error(), "belongs to user") {
			t.Error(err)
		}
	}
}
