package config

// WithChecked calls checked with the content that Watch has looked at, after each look.
func WithChecked(checked func(content string)) Option {
	return func(o *options) { o.checked = checked }
}
