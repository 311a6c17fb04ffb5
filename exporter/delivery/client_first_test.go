package delivery_test

import (
	"bytes"
	"log"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/tracehook/tracehook/exporter/delivery"
)

// A server that speaks before it is asked isn't HTTP's. What it said decides the hint, however early it
// came, and none of it gets into the log of the process.
func TestServersThatSpeakFirst(t *testing.T) {
	var logged bytes.Buffer
	before := log.Writer() //nolint:forbidigo // net/http writes there
	log.SetOutput(&logged) //nolint:forbidigo // the same
	defer func() {
		log.SetOutput(before) //nolint:forbidigo // the same
	}()
	for words, want := range map[string]string{
		"\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x05\x00\x00@\x00": "the port speaks gRPC",
		"SSH-2.0-OpenSSH_9.6\r\n":                                   "the port doesn't speak HTTP",
		"220 mail.example ESMTP\r\n":                                "the port doesn't speak HTTP",
	} {
		address := speakFirst(t, words)
		for i := range 200 {
			h := newHTTP(t, delivery.HTTPOptions{URL: "http://" + address})
			b := request(t)
			if i%2 == 1 {
				b.Body = bytes.Repeat(b.Body, 10_000) // in many writes
			}
			v := h.Send(t.Context(), b)
			if v.Err == nil || !strings.Contains(v.Err.Error(), want) || v.Outcome != delivery.Barred {
				t.Fatalf("%q: %v, %v; want %q", words, v.Outcome, v.Err, want)
			}
			_ = h.Close()
		}
	}
	if logged.Len() > 0 {
		t.Errorf("the log of the process has\n%.500s", logged.String())
	}
}

// A server that answers before it has read all, and hangs up, has answered.
func TestServersThatAnswerEarly(t *testing.T) {
	t.Parallel()
	for status, want := range map[string]delivery.Outcome{
		"413 Payload Too Large": delivery.TooLarge,
		"401 Unauthorized":      delivery.Barred,
	} {
		t.Run(status, func(t *testing.T) {
			t.Parallel()
			address := serve(t, func(conn net.Conn) {
				_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))
				_, _ = conn.Read(make([]byte, 4096))
				_, _ = conn.Write([]byte("HTTP/1.1 " + status + "\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"))
			})
			h := newHTTP(t, delivery.HTTPOptions{URL: "http://" + address})
			b := request(t)
			b.Body = bytes.Repeat(b.Body, 40_000)
			for range 200 {
				if v := h.Send(t.Context(), b); v.Outcome != want || !v.Answered {
					t.Fatalf("%v, %v; want %v", v.Outcome, v.Err, want)
				}
			}
		})
	}
}

// speakFirst answers every connection with these bytes before it has read any, and hangs up on what it
// reads: that isn't of its protocol.
func speakFirst(tb testing.TB, words string) (address string) {
	tb.Helper()
	return serve(tb, func(conn net.Conn) {
		_, _ = conn.Write([]byte(words))
		_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))
		_, _ = conn.Read(make([]byte, 4096))
	})
}
