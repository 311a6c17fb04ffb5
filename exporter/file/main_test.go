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
	if arg := os.Getenv(attackedEnv); arg != "" {
		os.Exit(underAttack(arg)) //nolint:forbidigo // a process of its own, which another user attacks
	}
	goleak.VerifyTestMain(m)
}
