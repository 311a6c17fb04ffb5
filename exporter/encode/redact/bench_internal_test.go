package redact

import "testing"

func BenchmarkText(b *testing.B) {
	r, err := New(Options{Defaults: true})
	if err != nil {
		b.Fatal(err)
	}
	for name, s := range map[string]string{
		"URL":      "https://shop.example/orders/7?X-Amz-Signature=0123456789abcdef&page=2",
		"Plain":    "GET /orders/{id}",
		"CleanURL": "https://shop.example/orders/7?page=2",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r.text(s, false)
			}
		})
	}
}
