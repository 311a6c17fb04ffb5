package setting

import "log/slog"

const hidden = "[hidden]"

// Secret is a setting that must not be seen: fmt, encoding/json, encoding.TextMarshaler
// and slog print "[hidden]" instead of it, whatever the verb; in a struct's unexported field,
// which fmt prints without asking, they print an address. The zero Secret is empty and
// prints as "". Two Secrets are not comparable in a useful way.
type Secret struct{ value *string }

// NewSecret returns value as a Secret.
func NewSecret(value string) Secret {
	if value == "" {
		return Secret{}
	}
	return Secret{value: &value}
}

// Reveal returns the secret itself. Pass it to what needs it and keep it nowhere else.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// String returns "[hidden]", or "" for an empty secret.
func (s Secret) String() string {
	if s.value == nil {
		return ""
	}
	return hidden
}

// MarshalText returns what [Secret.String] returns.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue returns what [Secret.String] returns.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }
