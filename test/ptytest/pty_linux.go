package ptytest

import (
	"fmt"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// Open returns the two ends of a pseudo-terminal of that many columns. It skips the test where the
// system has none.
func Open(tb testing.TB, columns uint16) (screen, process *os.File) {
	tb.Helper()
	screen, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		tb.Skipf("SKIPPED: no pseudo-terminal here: %v", err)
	}
	tb.Cleanup(func() { _ = screen.Close() })
	if err := unix.IoctlSetPointerInt(int(screen.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		tb.Skipf("SKIPPED: the pseudo-terminal stays locked: %v", err)
	}
	n, err := unix.IoctlGetInt(int(screen.Fd()), unix.TIOCGPTN)
	if err != nil {
		tb.Skipf("SKIPPED: the pseudo-terminal has no number: %v", err)
	}
	process, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		tb.Skipf("SKIPPED: no pseudo-terminal here: %v", err)
	}
	tb.Cleanup(func() { _ = process.Close() })
	Resize(tb, screen, columns)
	return screen, process
}

// Resize gives the terminal another number of columns.
func Resize(tb testing.TB, screen *os.File, columns uint16) {
	tb.Helper()
	if err := unix.IoctlSetWinsize(int(screen.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: columns}); err != nil {
		tb.Fatal(err)
	}
}
