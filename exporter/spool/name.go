package spool

import (
	"fmt"
	"hash/crc32"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// version is the first part of each file name: a later release that changes what is in a
// file changes it, and reads both.
const version = "v1"

// entry is one batch on disk. What isn't kept in memory is in the file's name.
type entry struct {
	body    []byte // of a batch that was written a moment ago; nil means read the file
	seq     uint64
	created int64 // Unix milliseconds
	size    int64
	spans   int
	crc     uint32
	kind    string // if not the spool's own
	failed  uint8  // attempts in a row that failed while others succeeded
	barred  uint8  // attempts that were barred although the destination takes empty requests
	// uncertain reports that an attempt of this process may have arrived.
	uncertain bool
}

func (e *entry) name(kind string) string {
	if e.kind != "" {
		kind = e.kind
	}
	return fmt.Sprintf("%s-%016x-%012x-%d-%d-%08x.%s", version, e.seq, e.created, e.spans, e.size, e.crc, kind)
}

func (e *entry) age(now time.Time) time.Duration {
	return now.Sub(time.UnixMilli(e.created))
}

// cost is what the entry counts for in the bound: a file takes at least one block.
func (e *entry) cost() int64 { return cost(e.size) }

const minFile = 4096

func cost(size int64) int64 { return (max(size, 1) + minFile - 1) / minFile * minFile }

// parseName reads a file name; false for one that isn't ours, or of another version or kind.
func parseName(name, kind string) (entry, bool) {
	base, ok := strings.CutSuffix(name, "."+kind)
	parts := strings.Split(base, "-")
	if !ok || len(parts) != 6 || parts[0] != version {
		return entry{}, false
	}
	var numbers [5]uint64
	for i, base := range [...]int{16, 16, 10, 10, 16} {
		bits := [...]int{63, 48, 31, 31, 32}[i] // a protobuf message has less than 2 GiB
		n, err := strconv.ParseUint(parts[i+1], base, bits)
		if err != nil {
			return entry{}, false
		}
		numbers[i] = n
	}
	e := entry{seq: numbers[0], created: int64(numbers[1]), spans: int(numbers[2]), size: int64(numbers[3]), crc: uint32(numbers[4])}
	return e, e.name(kind) == name
}

// parse reads a file name of any kind that the spool knows.
func (o *Options) parse(name string) (entry, bool) {
	if e, ok := parseName(name, o.Kind); ok {
		return e, true
	}
	for kind := range o.Also {
		if e, ok := parseName(name, kind); ok {
			e.kind = kind
			return e, true
		}
	}
	return entry{}, false
}

func checksum(body []byte) uint32 { return crc32.Checksum(body, crc32.MakeTable(crc32.Castagnoli)) }

// fileName makes a name of a connection fit for a directory, one to one.
func fileName(connection string) string {
	name := url.PathEscape(connection)
	if strings.Trim(name, ".") == "" {
		name = strings.ReplaceAll(name, ".", "%2E")
	}
	return name
}
