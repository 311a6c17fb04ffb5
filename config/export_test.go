package config

// WithChecked calls checked with the content that Watch has looked at, after each look.
func WithChecked(checked func(content string)) Option {
	return func(o *options) { o.checked = checked }
}

// KeyTables returns the known keys by the heading that they have in docs/config.md.
func KeyTables() map[string][]key {
	return map[string][]key{
		"Keys of a connection": connectionKeys(), "Keys of `sample`": sampleKeys(), "Keys of a rule": ruleKeys(),
		"Keys of `otel`": otelKeys(), "Keys of `otel.limits`": limitKeys(), "Keys at the top": identityKeys(),
	}
}

// Row returns a key's row in docs/config.md, without its meaning.
func (k key) Row() string { return "`" + k.name + "` | " + k.kind + " | " + k.standard }
