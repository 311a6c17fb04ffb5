package browser_test

import (
	"context"
	"strings"
	"testing"

	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

func awaited(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }

// watch fails the test if the page has an error, breaks its own policy or asks anybody else for
// anything.
func watch(ctx context.Context, t *testing.T) {
	t.Helper()
	chromedp.ListenTarget(ctx, func(event any) {
		switch event := event.(type) {
		case *runtime.EventExceptionThrown:
			t.Errorf("the page has an error: %s %s", event.ExceptionDetails.Text, event.ExceptionDetails.Exception.Description)
		case *cdplog.EventEntryAdded:
			if event.Entry.Level == cdplog.LevelError && !strings.Contains(event.Entry.Text, "status of 400") && !strings.Contains(event.Entry.Text, "ERR_") {
				t.Errorf("the page has an error: %s %s", event.Entry.Text, event.Entry.URL)
			}
		case *network.EventRequestWillBeSent:
			if url := event.Request.URL; !strings.HasPrefix(url, "http://127.0.0.1:") && !strings.HasPrefix(url, "data:image/svg") && url != "about:blank" {
				t.Errorf("the page asks somebody else: %s", url)
			}
		}
	})
	run(ctx, t, network.Enable(), cdplog.Enable(), runtime.Enable())
}
