package exportertest_test

import (
	"testing"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/exportertest"
	"github.com/tracehook/tracehook/exporter/stdout"
)

// Example is the test of a driver.
func Example() {
	_ = func(t *testing.T) { //nolint:thelper // func TestDriver(t *testing.T)
		exportertest.RunDriver(t, exportertest.DriverSubject{
			Driver:   stdout.Driver(),
			Settings: func(testing.TB) exporter.Settings { return exporter.Settings{Stdout: new(store)} },
			Failing:  func(testing.TB) exporter.Settings { return exporter.Settings{Stdout: &store{full: true}} },
			Output:   func(_ testing.TB, s exporter.Settings) string { return s.Stdout.(*store).String() }, //nolint:errcheck // as above
			Plain:    true,                                                                                 // it can't write NaN
		})
	}
	// Output:
}
