package main

import (
	"testing"

	"github.com/tracehook/tracehook"
	"github.com/tracehook/tracehook/tracehooktest"
)

func TestTheTraceOfAReport(t *testing.T) {
	b := tracehooktest.New(t, tracehooktest.WithoutOpenSpans())
	tracehook.Attach(b.Hook())
	work(t.Context(), b.TracerProvider())
	b.AssertTree("testdata/report.tree")
}
