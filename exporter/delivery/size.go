package delivery

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// DefaultMaxBytes is the usual bound of a request, just under the 4 MiB that gRPC servers take.
const DefaultMaxBytes = 4<<20 - 64<<10

// tooLarge recognizes what servers, proxies and libraries say about a message that is too large.
// They use any code: only their words tell it from a refusal or an overload.
func tooLarge(message string) bool {
	message = strings.ToLower(message)
	if strings.Contains(message, "header") || strings.Contains(message, "rate") && !strings.Contains(message, "generate") {
		return false // headers that are too large, a rate that is too high
	}
	return slices.ContainsFunc([]string{
		"larger than max",                                         // gRPC in Go and C++
		"exceeds maximum size", "maximum configured message size", // gRPC in Java and .NET
		"message length too large", "length limit exceeded", // tonic, axum
		"body too large", "entity too large", "payload too large", // net/http, nginx, others
		"content too large", "request too large", "message too large", //
		"batch too large", "body is too large", "request is too large",
		"message is too large", "payload is too large", "entity is too large",
		"exceeds the maximum", "exceeds max", "exceeded max", "exceeds limit", "exceeds the limit",
		"size limit exceeded", "body size limit", "message size limit", "max message size", "max_request_body_size",
	}, func(words string) bool { return strings.Contains(message, words) })
}

// learned is for how long a [Sender] believes that larger bodies would be refused again.
const learned = 10 * time.Minute

// sizes is what is known about the bodies that a destination takes.
type sizes struct {
	max int // as configured

	mu     sync.Mutex
	limit  int // as learned; 0 if nothing was
	passed int // the largest one that was taken since then
	until  time.Time
}

// bound returns how many bytes a body may have.
func (z *sizes) bound() int {
	z.mu.Lock()
	defer z.mu.Unlock()
	if z.limit > 0 && time.Now().After(z.until) {
		z.limit = 0
	}
	if z.limit > 0 {
		return min(z.limit, z.max)
	}
	return z.max
}

// refuse notes that a body of n bytes with several spans was too large.
func (z *sizes) refuse(n int) {
	z.mu.Lock()
	defer z.mu.Unlock()
	if z.passed >= n {
		z.passed = 0 // it takes less than it did
	}
	limit := max(n/2, z.passed)
	if z.limit == 0 || limit < z.limit {
		z.limit = limit
	}
	z.until = time.Now().Add(learned)
}

// pass notes that a body of n bytes was taken.
func (z *sizes) pass(n int) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.passed = max(z.passed, n)
}

// Cut divides b into batches that the destination may take: as many as its bound of bytes makes
// necessary, and only b itself where that is small enough or can't be divided.
func (s *Sender) Cut(b Batch) []Batch {
	bound := s.sizes.bound()
	if len(b.Body) <= bound {
		return []Batch{b}
	}
	parts := s.divide(b, bound)
	if parts == nil {
		parts = []Batch{b}
	}
	for _, b := range parts {
		if len(b.Body) > s.options.MaxBytes && b.Spans == 1 && s.warnedLarge.CompareAndSwap(false, true) {
			s.options.Logger.Warn("a span is larger than max_request_bytes, and is sent alone; the next one isn't logged",
				"span", s.nameOf(b), "bytes", len(b.Body), "max_request_bytes", s.options.MaxBytes)
		}
	}
	return parts
}

// Halve divides b in two or three, nil where it has but one span or can't be divided.
func (s *Sender) Halve(b Batch) []Batch { return s.divide(b, len(b.Body)/2) }

// Shrink is [Sender.Halve] for a batch that was too large, which is remembered.
func (s *Sender) Shrink(b Batch) []Batch {
	parts := s.Halve(b)
	if parts != nil {
		s.sizes.refuse(len(b.Body))
	}
	return parts
}

// divide returns nil if that would change nothing.
func (s *Sender) divide(b Batch, limit int) []Batch {
	if s.options.Cutter == nil || b.Spans < 2 {
		return nil
	}
	parts := s.options.Cutter.Cut(b.Body, limit)
	spans := 0
	for i := range parts {
		parts[i].Uncertain, parts[i].barred, parts[i].ContentType = b.Uncertain, b.barred, b.ContentType
		spans += parts[i].Spans
	}
	if len(parts) < 2 || spans != b.Spans {
		return nil
	}
	return parts
}

// TooLarge says that a batch which was too large can't be divided, and names its span.
func (s *Sender) TooLarge(b Batch, cause error) error {
	switch name := s.nameOf(b); {
	case b.Spans > 1: // it can't be divided
		return fmt.Errorf("a request of %d bytes with %d spans is too large for the destination: %w", len(b.Body), b.Spans, cause)
	case name != "":
		return fmt.Errorf("span %.128q is too large for the destination, in a request of %d bytes: %w", name, len(b.Body), cause)
	default:
		return fmt.Errorf("a span is too large for the destination, in a request of %d bytes: %w", len(b.Body), cause)
	}
}

func (s *Sender) nameOf(b Batch) string {
	if s.options.Cutter == nil {
		return ""
	}
	return s.options.Cutter.Name(b.Body)
}
