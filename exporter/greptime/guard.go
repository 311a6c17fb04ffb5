package greptime

import (
	"fmt"
	"math"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter/delivery"
)

// maxNano is the last moment that a timestamp in nanoseconds can hold.
const maxNano = math.MaxInt64

// guard keeps GreptimeDB from storing nonsense: a start that isn't known or that doesn't fit
// would put a span into 1970 or 1677, and an end before the start would make its duration
// 584 years. It returns spans itself where nothing is wrong.
func guard(spans []sdktrace.ReadOnlySpan) (sound []sdktrace.ReadOnlySpan, dropped int) {
	for i, s := range spans {
		if s != nil && startFits(s.StartTime()) && endFits(s) {
			continue
		}
		return repair(spans, i)
	}
	return spans, 0
}

func startFits(t time.Time) bool {
	return t.After(time.Unix(0, 0)) && !t.After(time.Unix(0, maxNano))
}

// endFits compares what is written, the wall clock, which may have been set back.
func endFits(s sdktrace.ReadOnlySpan) bool {
	end := s.EndTime().Round(0)
	return !end.Before(s.StartTime().Round(0)) && !end.After(time.Unix(0, maxNano))
}

// repair copies spans without those that can't be stored; the first sound ones need no look.
func repair(spans []sdktrace.ReadOnlySpan, sound int) (repaired []sdktrace.ReadOnlySpan, dropped int) {
	repaired = append(make([]sdktrace.ReadOnlySpan, 0, len(spans)), spans[:sound]...)
	for _, s := range spans[sound:] {
		switch {
		case s == nil:
		case !startFits(s.StartTime()):
			dropped++
		case !endFits(s):
			repaired = append(repaired, ending{s})
		default:
			repaired = append(repaired, s)
		}
	}
	return repaired, dropped
}

// ending is a span whose end is not before its start and fits.
type ending struct{ sdktrace.ReadOnlySpan }

// EndTime returns the end, at least the start.
func (e ending) EndTime() time.Time {
	start := e.StartTime().Round(0)
	if e.ReadOnlySpan.EndTime().Round(0).Before(start) {
		return start
	}
	return time.Unix(0, maxNano)
}

// guarded returns an encoder that leaves out what can't be stored.
func guarded(encode encoder) func([]sdktrace.ReadOnlySpan) (delivery.Batch, error) {
	return func(spans []sdktrace.ReadOnlySpan) (delivery.Batch, error) {
		sound, dropped := guard(spans)
		if len(sound) == 0 && dropped > 0 {
			return delivery.Batch{}, refused(dropped, dropped)
		}
		body, err := encode(sound)
		if err != nil {
			return delivery.Batch{}, err
		}
		b := delivery.Batch{Body: body, Spans: len(sound)}
		if dropped > 0 {
			return b, refused(dropped, len(sound)+dropped)
		}
		return b, nil
	}
}

func refused(dropped, spans int) error {
	return fmt.Errorf("%d of %d spans have no start time, or one outside 1970 to 2262, and can't be stored", dropped, spans)
}
