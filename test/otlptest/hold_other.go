//go:build !unix

package otlptest

func hold(string) (release func()) { return func() {} }
