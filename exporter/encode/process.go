package encode

import (
	"os"
	"strconv"
	"sync"
)

// process is the name of the program, its process id and the machine's name, as the
// SpirentOrion recorder has them: NAME:ID@HOST.
var process = sync.OnceValue(func() string { //nolint:gochecknoglobals // it can't change
	name := "unknown"
	if len(os.Args) > 0 && os.Args[0] != "" {
		name = os.Args[0]
	}
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return name + ":" + strconv.Itoa(os.Getpid()) + "@" + host
})
