package dynamodb

import (
	"encoding/json"
	"time"
)

// record puts into it what the recorder's items have, and the attributes of the span.
func record(it item, e *encoders, fields map[string]any) {
	v := &e.view
	it["parent_id"] = integer(recorderID(v.Parent.SpanID(), 0))
	it["start"], it["start_unix"] = instant(v.Start)
	it["finish"], it["finish_unix"] = instant(v.End)
	it["elapsed"] = seconds(v.Duration())
	for name, s := range map[string]string{"process": e.process.Value(v).Str, "kind": v.KindWord(), "name": v.Name} {
		if s != "" {
			it[name] = text(s)
		}
	}
	if !v.OK() {
		it["status"], it["error"] = text(v.StatusWord()), text(v.Message())
	}
	attributes, _ := fields["attributes"].(map[string]any)
	names := recorderNames()
	for _, name := range sortedKeys(attributes) {
		s := plainText(attributes[name])
		if names[name] { // whether this item has it or not
			name += "_attribute"
		}
		it.add(name, text(s))
	}
}

// recorderNames are those that no attribute has.
func recorderNames() map[string]bool {
	return map[string]bool{
		"trace_id": true, "span_id": true, "parent_id": true, "process": true, "kind": true, "name": true,
		"start": true, "finish": true, "start_unix": true, "finish_unix": true, "elapsed": true,
		"status": true, "error": true, cutName: true,
	}
}

// instant is a time as the recorder writes it: as a text, and in seconds.
func instant(t time.Time) (words, unix value) {
	if t.IsZero() {
		t = time.Unix(0, 0)
	}
	t = t.UTC()
	return text(t.Format(time.RFC3339Nano)), seconds(time.Duration(t.UnixNano()))
}

// plainText is an attribute as a text.
func plainText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case nil:
		return ""
	case json.Number:
		return v.String()
	}
	data, err := json.Marshal(v)
	if err != nil { // it was JSON before
		return ""
	}
	return string(data)
}
