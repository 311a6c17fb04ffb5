//go:build unix

package safefile

import (
	"bufio"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// Numbers of groups.
const (
	firstUserGroup = 1000 // that belongs to people rather than to the system
	groupUsers     = 100  // of all people, on some systems
	groupStaff     = 20   // of all people, on macOS
	groupAdmin     = 80   // of those who may become root, on macOS
)

// writers says who else can replace what is in a directory, "" if nobody can, and the bits
// that would have to be accepted: [sticky] if they can only add to it.
func writers(info fs.FileInfo) (who string, needed fs.FileMode) {
	uid, gid, _, ok := owner(info)
	mode := info.Mode()
	switch {
	case !ok:
		return "", 0
	case !trusted(uid) && mode.Perm()&0o022 == 0o020 && member(gid):
		return fmt.Sprintf("user %d and group %d", uid, gid), 0o020 // the group shares it
	case !trusted(uid):
		return fmt.Sprintf("user %d", uid), 0o002
	case mode.Perm()&0o002 != 0 && mode&fs.ModeSticky != 0:
		return "everybody", sticky
	case mode.Perm()&0o002 != 0:
		return "everybody", 0o002
	case mode.Perm()&0o020 == 0, system(uid, gid), private(uint32(os.Geteuid()), gid):
		return "", 0
	case mode&fs.ModeSticky != 0:
		return fmt.Sprintf("group %d", gid), sticky
	}
	return fmt.Sprintf("group %d", gid), 0o020
}

// member says whether this process is in a group.
func member(gid uint32) bool {
	groups, err := os.Getgroups()
	return int(gid) == os.Getegid() || err == nil && slices.Contains(groups, int(gid))
}

// system says whether root has given a directory to a group of the system's own, as
// /var/log is on some systems.
func system(uid, gid uint32) bool {
	if runtime.GOOS == "darwin" && (gid == groupStaff || gid == groupAdmin) {
		return gid == groupAdmin
	}
	return uid == 0 && gid < firstUserGroup && gid != groupUsers
}

// private says whether a group is that of a user alone. Many systems make one for each, and
// let it write to the directories that its user makes.
func private(uid, gid uint32) bool {
	var name string
	members := lines("/etc/passwd", func(f []string) bool {
		if len(f) > 3 && f[2] == strconv.Itoa(int(uid)) {
			name = f[0]
		}
		return len(f) > 3 && f[3] == strconv.Itoa(int(gid)) && f[2] != strconv.Itoa(int(uid))
	})
	known := 0
	others := lines("/etc/group", func(f []string) bool {
		if len(f) < 4 || f[2] != strconv.Itoa(int(gid)) {
			return false
		}
		if f[0] == name {
			known++
		}
		return f[3] != "" && f[3] != name
	})
	return name != "" && known == 1 && members == 0 && others == 0
}

// lines counts the lines of a file of the system that match says yes to.
func lines(path string, match func(fields []string) bool) (n int) {
	f, err := os.Open(path)
	if err != nil {
		return 0
	}
	defer func() { _ = f.Close() }()
	for s := bufio.NewScanner(f); s.Scan(); {
		if match(strings.Split(s.Text(), ":")) {
			n++
		}
	}
	return n
}
