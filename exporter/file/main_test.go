package file_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(victimEnv); dir != "" {
		os.Exit(victim(dir)) //nolint:forbidigo // a process of its own, made to be killed
	}
	goleak.VerifyTestMain(m)
}
