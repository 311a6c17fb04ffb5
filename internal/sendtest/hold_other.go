//go:build !unix

package sendtest

func hold(string) (release func()) { return func() {} }
