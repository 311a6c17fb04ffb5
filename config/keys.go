package config

import "github.com/tracehook/tracehook/setting"

// Keys returns the keys that are read, by the key path of their table: "" is the top, "trace" a
// connection, "trace.sample" and "trace.sample.rules[]" the tables in one. A key that is read in two
// ways is there twice. The tables of drivers are not among them.
func Keys() map[string][]setting.Key {
	keys := make(map[string][]setting.Key)
	record(func(table string, key setting.Key) { keys[table] = append(keys[table], key) })
	return keys
}
