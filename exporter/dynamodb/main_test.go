package dynamodb_test

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(withServer{m}) }

// withServer stops the server of the tests before goroutines are counted.
type withServer struct{ m *testing.M }

func (w withServer) Run() int {
	code := w.m.Run()
	stopServer()
	return code
}
