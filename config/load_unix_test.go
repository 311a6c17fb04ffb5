//go:build unix

package config_test

import (
	"path/filepath"
	"syscall"
	"testing"

	"github.com/tracehook/tracehook/config"
)

func TestLoad_pipe(t *testing.T) {
	t.Parallel()
	pipe := filepath.Join(t.TempDir(), "pipe.toml")
	must(t, syscall.Mkfifo(pipe, 0o600))
	_, err := config.Load(pipe, bare())
	contains(t, err, pipe)
	contains(t, err, "is not a regular file")
}
