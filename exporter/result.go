package exporter

import "github.com/tracehook/tracehook/exporter/report"

// Result is the error of an export that didn't export all of its spans; see [report.Result].
type Result = report.Result

// Spooler is an exporter with a spool; see [report.Spooler].
type Spooler = report.Spooler
