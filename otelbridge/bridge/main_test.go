package bridge_test

import (
	"testing"
	"time"

	"go.uber.org/goleak"
)

// patience is how long tests wait for what comes soon on a machine that isn't busy.
const patience = time.Minute

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
