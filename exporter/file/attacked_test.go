package file_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"strings"

	"github.com/tracehook/tracehook/exporter/file"
)

// attackedEnv makes the test program the process that is attacked: it has the mode of
// directories that is accepted, after "shared " if the file is, and the path of the log.
const attackedEnv = "TRACEHOOK_FILE_ATTACKED"

// underAttack writes spans and says on its standard output what it was told.
func underAttack(arg string) int {
	mode, path, _ := strings.Cut(arg, "|")
	mode, shared := strings.CutPrefix(mode, "shared ")
	opts := []file.Option{
		file.WithEncoder(line{}), file.WithMaxLines(2), file.WithCompression(), file.WithMode(0o644),
		file.WithLogger(slog.New(slog.NewTextHandler(os.Stdout, nil))),
	}
	if accepted, err := strconv.ParseUint(mode, 8, 32); err == nil && accepted > 0 {
		opts = append(opts, file.WithDirMode(os.FileMode(accepted)))
	}
	if shared {
		opts = append(opts, file.WithShared(), file.WithMode(0o664))
	}
	e, err := file.New(path, opts...)
	if err != nil {
		_, _ = fmt.Fprintln(os.Stdout, "refused:", err)
		return 0
	}
	if err := e.ExportSpans(context.Background(), spans(0, 7)); err != nil {
		_, _ = fmt.Fprintln(os.Stdout, "not exported:", err)
	}
	if err := e.Shutdown(context.Background()); err != nil {
		_, _ = fmt.Fprintln(os.Stdout, "not shut down:", err)
	}
	return 0
}
