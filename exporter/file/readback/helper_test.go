package readback_test

import "github.com/tracehook/tracehook/exporter/file/internal/filetest"

// Shared with the tests of the writer.
var (
	epoch                     = filetest.Epoch
	span, spans, rich         = filetest.Span, filetest.Spans, filetest.Rich
	open, shut, export, names = filetest.Open, filetest.Shut, filetest.Export, filetest.Names
	write, zipped             = filetest.Write, filetest.Zipped
	readNames, wantNames      = filetest.ReadNames, filetest.WantNames
)

type line = filetest.Line
