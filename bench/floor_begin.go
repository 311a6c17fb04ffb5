package main

import (
	"context"
	"sync"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

// beginFloorPairs show what Begin costs when it does nothing but what a Map and a context that is handed on
// can't do without: the map is read into attributes, and the context is kept.
func beginFloorPairs() []pair {
	ready := fourInMap()
	return []pair{{
		name: "floor of Begin+End with a ready Map: a map read into attributes", over: "Start+End", target: 1.1, allocs: -1,
		base: plainStartEnd(1),
		ours: func(b *testing.B) {
			var gate sync.RWMutex
			tp := plain(b, 1, gated{&gate})
			tracer := tp.Tracer("bench")
			var mu sync.Mutex
			current := context.Background()
			kvs := make([]attribute.KeyValue, 0, len(ready))
			option := trace.WithAttributes(kvs[:len(ready)]...)
			loopGated(b, &gate, tp.ForceFlush, func() {
				list := kvs
				for key, v := range ready {
					kv := attribute.KeyValue{Key: attribute.Key(key)}
					switch x := v.(type) {
					case string:
						kv.Value = attribute.StringValue(x)
					case int:
						kv.Value = attribute.IntValue(x)
					case bool:
						kv.Value = attribute.BoolValue(x)
					}
					list = append(list, kv)
				}
				mu.Lock()
				found := current
				mu.Unlock()
				ctx, span := tracer.Start(found, "http:users", option)
				mu.Lock()
				current = ctx //nolint:fatcontext // put back below
				mu.Unlock()
				span.End()
				mu.Lock()
				current = found
				mu.Unlock()
			})
		},
	}}
}
