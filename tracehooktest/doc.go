// Package tracehooktest is for tests of code that traces. [New] makes a [Bridge] that keeps the
// spans of one test in memory:
//
//	func TestCheckout(t *testing.T) {
//		t.Parallel()
//		b := tracehooktest.New(t)
//		checkout(b.TracerProvider()) // or b.Hook(), for code that uses the framework's API
//		b.AssertTree("testdata/checkout.tree")
//	}
//
// The Bridge installs nothing globally, so parallel tests don't see each other's spans, and code
// that traces with the global provider isn't seen at all: hand the Bridge's provider to it.
//
// # Golden trees
//
// [Bridge.AssertTree] compares all traces with a file, [Bridge.AssertTreeText] with a text. What is
// compared is what the console draws, without ids, durations and times. "go test -update" writes
// the files; look at the difference before you commit it. A failure says:
//
//	the spans differ from testdata/checkout.tree (-want +got; go test -update writes the file):
//	  trace  3 spans
//	  checkout           internal
//	- ├─ SELECT cart     client db.system.name=sqlite port=*
//	+ ├─ SELECT carts    client db.system.name=sqlite port=*
//	  └─ POST /payments  client http.response.status_code=200
//
// The package registers the flag -update, unless a package that is initialized before has done so. A
// test that needs it for files of its own asks flag.Lookup("update").
//
// # Waiting
//
// Spans of other goroutines are waited for with [Bridge.Wait] and [Bridge.WaitFor]. Nothing in this
// package sleeps, and it works in a bubble of testing/synctest, if New is called there.
package tracehooktest
