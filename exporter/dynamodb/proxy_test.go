package dynamodb_test

import (
	"bytes"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// proxy stands before a DynamoDB and breaks it.
type proxy struct {
	url    string
	behind string
	// answer decides about a request; a status of 0 lets it through.
	answer func(operation string) (status int, body string)
	// accept says whether the credentials of a request are right; nil is yes.
	accept func(r *http.Request) bool
	// leave is how many of the items of a request are left unprocessed, as a part of 1.
	leave float64

	mu        sync.Mutex
	writes    int // requests that reached the table
	throttled int
	left      int // items that were left
	most      int // items of one request
	bytes     int // of the largest request
	deletes   int
	ttl       string // what UpdateTimeToLive, which dynalite doesn't have, was told
}

func newProxy(tb testing.TB) *proxy {
	tb.Helper()
	p := &proxy{behind: server(tb)}
	transport := &http.Transport{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { p.serve(tb, transport, w, r) }))
	tb.Cleanup(func() { s.Close(); transport.CloseIdleConnections() })
	p.url = s.URL
	return p
}

// batch is a BatchWriteItem request.
type batch struct {
	RequestItems map[string][]map[string]json.RawMessage
}

func (p *proxy) serve(tb testing.TB, transport http.RoundTripper, w http.ResponseWriter, r *http.Request) {
	tb.Helper()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	answers := p.answer
	if p.accept != nil && !p.accept(r) {
		answers = says(http.StatusBadRequest, "UnrecognizedClientException", "The security token included in the request is invalid.")
	}
	if answers != nil {
		if status, said := answers(operation); status != 0 {
			p.mu.Lock()
			p.throttled++
			p.mu.Unlock()
			w.Header().Set("Content-Type", "application/x-amz-json-1.0")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, said)
			return
		}
	}
	if operation == "UpdateTimeToLive" {
		p.mu.Lock()
		p.ttl = string(body)
		p.mu.Unlock()
		_, _ = io.WriteString(w, "{}")
		return
	}
	var left batch
	if operation == "BatchWriteItem" {
		body, left = p.divide(tb, body)
	}
	req, err := http.NewRequestWithContext(r.Context(), r.Method, p.behind, bytes.NewReader(body))
	if err != nil {
		tb.Error(err)
		return
	}
	req.Header = r.Header.Clone()
	resp, err := transport.RoundTrip(req)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	defer func() { _ = resp.Body.Close() }()
	answer, _ := io.ReadAll(resp.Body)
	if len(left.RequestItems) > 0 && resp.StatusCode == http.StatusOK {
		answer, _ = json.Marshal(map[string]any{"UnprocessedItems": left.RequestItems})
		resp.Header.Del("X-Amz-Crc32")
	}
	for _, name := range []string{"Content-Type", "X-Amz-Crc32", "X-Amzn-Requestid"} {
		if v := resp.Header.Get(name); v != "" {
			w.Header().Set(name, v)
		}
	}
	w.WriteHeader(resp.StatusCode)
	_, _ = w.Write(answer)
}

// divide takes items out of a request.
func (p *proxy) divide(tb testing.TB, body []byte) (rest []byte, left batch) {
	tb.Helper()
	var b batch
	if err := json.Unmarshal(body, &b); err != nil {
		tb.Error(err)
		return body, left
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.writes++
	p.bytes = max(p.bytes, len(body))
	left.RequestItems = map[string][]map[string]json.RawMessage{}
	for table, writes := range b.RequestItems {
		p.most = max(p.most, len(writes))
		var through []map[string]json.RawMessage
		for i, w := range writes {
			if w["DeleteRequest"] != nil {
				p.deletes++
			}
			if i > 0 && rand.Float64() < p.leave { // a request without items isn't one
				left.RequestItems[table] = append(left.RequestItems[table], w)
				p.left++
				continue
			}
			through = append(through, w)
		}
		b.RequestItems[table] = through
	}
	if p.leave == 0 {
		return body, batch{}
	}
	rest, err := json.Marshal(b)
	if err != nil {
		tb.Error(err)
	}
	return rest, left
}

// throttles answers a part of the writes with what DynamoDB says where the capacity is used up.
func throttles(part float64) func(string) (int, string) {
	return func(operation string) (int, string) {
		if operation != "BatchWriteItem" || rand.Float64() >= part {
			return 0, ""
		}
		return http.StatusBadRequest, `{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException","message":"The level of configured provisioned throughput for the table was exceeded."}`
	}
}

// says answers every operation in the same way.
func says(status int, code, message string) func(string) (int, string) {
	said, _ := json.Marshal(map[string]string{"__type": "com.amazon.coral.service#" + code, "message": message})
	return func(string) (int, string) { return status, string(said) }
}
