package browser_test

import (
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/tracehook/tracehook/exporter/page"
)

// TestPictures goes through the views in light and dark, wide and narrow. With
// TRACEHOOK_SHOTS=docs/img it also rewrites the pictures of the documents.
func TestPictures(t *testing.T) {
	e := serve(t, shop(), page.WithInspector(inspector{}))
	for _, size := range []struct {
		name          string
		width, height int
	}{{"", 1200, 720}, {"-narrow", 360, 640}} {
		for _, theme := range []string{"light", "dark"} {
			ctx := open(t, size.width, size.height)
			run(ctx, t, emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}}),
				chromedp.Navigate(e.Address()))
			until(ctx, t, `document.querySelectorAll('#list .row').length > 5`)
			shoot(ctx, t, "page-list-"+theme+size.name)
			overflow(t, eval[bool](ctx, t, overflows), "list", theme, size.name)
			run(ctx, t, chromedp.KeyEvent("\r"))
			until(ctx, t, `document.querySelectorAll('#fall .row').length > 5 && document.querySelector('.kept tr')`)
			shoot(ctx, t, "page-trace-"+theme+size.name)
			overflow(t, eval[bool](ctx, t, overflows), "trace", theme, size.name)
			run(ctx, t, chromedp.KeyEvent("2"))
			until(ctx, t, `document.querySelectorAll('.card').length > 2`)
			shoot(ctx, t, "page-connections-"+theme+size.name)
			overflow(t, eval[bool](ctx, t, overflows), "connections", theme, size.name)
		}
	}
}

// overflows says that the page is wider than its window.
const overflows = `document.documentElement.scrollWidth > innerWidth || document.body.scrollWidth > innerWidth`

func overflow(t *testing.T, is bool, view, theme, size string) {
	t.Helper()
	if is {
		t.Errorf("%s%s, %s: the page is wider than its window", view, size, theme)
	}
}
