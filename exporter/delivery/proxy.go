package delivery

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
)

// proxyError is what a proxy says that makes no tunnel to the destination. It is a matter between
// us and the proxy: nothing has reached the destination, and nothing is wrong with the batch.
type proxyError struct{ status int }

// Error names the status. The rest of what a proxy says isn't kept.
func (e *proxyError) Error() string {
	return fmt.Sprintf("the proxy answered %d %s", e.status, http.StatusText(e.status))
}

func refusedByProxy(_ context.Context, _ *url.URL, _ *http.Request, answer *http.Response) error {
	if answer.StatusCode == http.StatusOK {
		return nil
	}
	return &proxyError{answer.StatusCode}
}

// hint says what to do about it; "" if nothing can be said.
func (e *proxyError) hint() string {
	switch e.status {
	case http.StatusProxyAuthRequired:
		return proxyCredentials
	case http.StatusForbidden, http.StatusMethodNotAllowed:
		return "the proxy may not tunnel to this host and port: have it let them pass, or go around it with NO_PROXY"
	default:
		return ""
	}
}

const proxyCredentials = "the proxy wants other credentials: check user and password in proxy, HTTPS_PROXY or HTTP_PROXY"
