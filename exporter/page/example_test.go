package page_test

import (
	"context"
	"fmt"
	"net/http"

	"github.com/tracehook/tracehook/exporter/exportertest"
	"github.com/tracehook/tracehook/exporter/page"
)

func Example() {
	ctx := context.Background()
	e, err := page.New(ctx, page.WithListen("127.0.0.1:0"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = e.Shutdown(ctx) }() // it has nothing to deliver
	if err := e.ExportSpans(ctx, exportertest.Many(3)); err != nil {
		fmt.Println(err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, e.Address()+"api/spans?query=many", http.NoBody) // in a browser: e.Address()
	if err != nil {
		fmt.Println(err)
		return
	}
	answer, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(request)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = answer.Body.Close() }()
	fmt.Println(answer.Status)
	// Output: 200 OK
}
