package config

import "github.com/tracehook/tracehook/setting"

// WithChecked calls checked with the content that Watch has looked at, after each look.
func WithChecked(checked func(content string)) Option {
	return func(o *options) { o.checked = checked }
}

// Keys returns the keys that are read, by the key path of their table.
func Keys() map[string][]setting.Key {
	keys := make(map[string][]setting.Key)
	record(func(table string, key setting.Key) { keys[table] = append(keys[table], key) })
	return keys
}
