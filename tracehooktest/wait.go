package tracehooktest

import (
	"fmt"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// Wait waits until at least n spans have ended and returns all that have, in the order of their
// ends. It ends the test if they don't come in time, and says which spans there are.
func (b *Bridge) Wait(n int) []sdktrace.ReadOnlySpan {
	b.tb.Helper()
	var spans []sdktrace.ReadOnlySpan
	b.wait(fmt.Sprintf("%d spans", n), func() bool {
		spans = b.Spans()
		return len(spans) >= n
	})
	return spans
}

// WaitFor waits until a span with that name and all those attributes has ended, and returns the
// first one. It ends the test if none comes in time, and says which spans there are.
func (b *Bridge) WaitFor(name string, attrs ...attribute.KeyValue) sdktrace.ReadOnlySpan {
	b.tb.Helper()
	var found []sdktrace.ReadOnlySpan
	what := fmt.Sprintf("span %q", name)
	if len(attrs) > 0 {
		what += fmt.Sprintf(" with %v", attributes(attrs))
	}
	b.wait(what, func() bool {
		found = b.Find(name, attrs...)
		return len(found) > 0
	})
	if len(found) == 0 { // where Fatal returns, as that of a fake does
		return nil
	}
	return found[0]
}

func (b *Bridge) wait(what string, done func() bool) {
	b.tb.Helper()
	late := time.NewTimer(b.patience)
	defer late.Stop()
	for {
		news := b.record.next()
		if done() {
			return
		}
		select {
		case <-news:
		case <-late.C:
			b.tb.Fatalf("tracehooktest: no %s within %v\nended: %s\nopen: %s", what, b.patience,
				list(names(b.kept.Spans())), list(b.Open()))
			return
		}
	}
}

func names(spans []sdktrace.ReadOnlySpan) []string {
	var all []string
	for _, s := range spans {
		all = append(all, fmt.Sprintf("%q", s.Name()))
	}
	return all
}

func attributes(attrs []attribute.KeyValue) string {
	var all []string
	for _, kv := range attrs {
		all = append(all, string(kv.Key)+"="+kv.Value.String())
	}
	return strings.Join(all, " ")
}

func list(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}
