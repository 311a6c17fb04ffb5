package miniframework_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if section := os.Getenv("MINIFRAMEWORK_TRACE"); section != "" {
		program(section)
		return
	}
	goleak.VerifyTestMain(m)
}
