package delivery

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"strings"
	"sync"
	"time"
)

const (
	knockPatience = time.Second
	knockAgain    = 10 * time.Second
)

// knocker finds out why connections are cut, which their errors do not say. A server
// that wants a certificate says so in an alert, which a write to the connection that it has closed
// loses; one with TLS says nothing at all to plaintext.
type knocker struct {
	address string
	secure  bool
	http1   bool // we speak HTTP/1.1
	config  *tls.Config

	mu   sync.Mutex
	last time.Time
	hint string
}

// newKnocker returns nil where the address isn't HOST:PORT.
func newKnocker(address string, secure bool, config *tls.Config) *knocker {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil
	}
	if config = config.Clone(); config == nil {
		config = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	if config.ServerName == "" {
		config.ServerName = host
	}
	if !secure {
		config.InsecureSkipVerify = true // nothing is sent: what counts is that it speaks TLS
	}
	return &knocker{address: address, secure: secure, config: config}
}

// certificate reports that there is one of our own.
func (k *knocker) certificate() bool {
	return k != nil && (len(k.config.Certificates) > 0 || k.config.GetClientCertificate != nil)
}

// ask opens a connection, sends nothing, and returns what that shows, "" for nothing. It keeps the answer
// for 10 s.
func (k *knocker) ask(ctx context.Context) string {
	if k == nil || ctx.Err() != nil {
		return ""
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if time.Since(k.last) < knockAgain {
		return k.hint
	}
	k.hint = k.knock(ctx)
	k.last = time.Now()
	return k.hint
}

func (k *knocker) knock(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, knockPatience)
	defer cancel()
	config, asked := k.config.Clone(), false
	if !k.certificate() {
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			asked = true
			return new(tls.Certificate), nil // none
		}
	}
	conn, err := (&tls.Dialer{Config: config}).DialContext(ctx, "tcp", k.address)
	if err == nil {
		defer func() { _ = conn.Close() }()
		if !k.secure {
			return hintTLS
		}
		_ = conn.SetReadDeadline(time.Now().Add(knockPatience / 2)) // a server that is content says nothing, or its settings
		_, err = conn.Read(make([]byte, 1))
	}
	switch {
	case err == nil:
		return ""
	case k.secure && asked && alertIn(err.Error()) == vague: // as TLS 1.2 has it
		return hintWanted
	case k.secure:
		return alertHint(alertIn(err.Error()), k.certificate())
	case alertIn(err.Error()) != "" || untrusted(err):
		return hintTLS
	}
	if first, ok := errors.AsType[tls.RecordHeaderError](err); ok && k.http1 && first.RecordHeader[0] == 0 && first.RecordHeader[3] == settingsFrame {
		return hintGRPC
	}
	return ""
}

// settingsFrame is the type of the frame that a server of HTTP/2 begins with, after three bytes of length.
const settingsFrame = 4

// hintTLS is for plaintext on a port that was found to have TLS.
const hintTLS = "the port wants TLS: write https://"

// unclear reports an error of a connection that was cut, whose cause may be anything.
func unclear(err error) bool {
	return cutOff(err) || errors.Is(err, net.ErrClosed) || strings.Contains(err.Error(), "client conn could not be established")
}
