package config

import "github.com/tracehook/tracehook/setting"

// source remembers where a Config came from. It doesn't change after loading.
type source struct {
	*setting.Source
	tables map[string]string // connection -> its table
	otlp   map[string]string // OTEL_EXPORTER_OTLP_*
	sized  map[string]bool   // connections whose buffer or batch somebody has set
}

func newSource(file string) *source {
	return &source{setting.NewSource(file), make(map[string]string), make(map[string]string), make(map[string]bool)}
}

// Source says where the values of c came from; nil if c was made in code.
func (c Config) Source() *setting.Source {
	if c.source == nil {
		return nil
	}
	return c.source.Source
}

// Sized reports whether the configuration sets the buffer or the batch of a connection. Where it
// doesn't, those fit a connection whose queue makes callers wait, and one that drops may have a
// larger queue.
func (c Config) Sized(connection string) bool { return c.source != nil && c.source.sized[connection] }

// Place returns where the key at keyPath stands, such as
// "trace.greptime.sample.rules[1].name". A key that wasn't written stands where the table
// around it does; if nothing is known but the file, Line is 0.
func (c Config) Place(keyPath string) Place { return c.Source().Place(keyPath) }

// KeyPath returns the full key path of a connection's key: "setting.host" of the connection
// "greptime" is "trace.greptime.setting.host", and of the connection at the root of [trace]
// "trace.setting.host". An empty key names the connection's table. Where the key was written
// under another name, such as "sample_rules" in setting, that is the answer.
func (c Config) KeyPath(connection, key string) string {
	path := setting.Join("trace", connection)
	if c.source != nil {
		if table, ok := c.source.tables[connection]; ok {
			path = table
		}
	}
	switch {
	case key == "":
	case key[0] == '[':
		path += key
	default:
		path += "." + key
	}
	return c.Source().Actual(path)
}

// FromEnvironment returns the environment variable that the value at keyPath holds the text
// of, whole or in part, or "". Such a value may be a secret and should not be printed.
func (c Config) FromEnvironment(keyPath string) string {
	return c.Source().Variable(keyPath)
}

// Environ returns the lookup of the OTEL_EXPORTER_OTLP_* variables that a connection should
// obey where its setting is silent: those of the environment that c was loaded with, for an
// implicit connection and for the only one with the driver otlp. It returns nil for every
// other connection, since one process-wide endpoint can't be meant for all of them.
func (c Config) Environ(connection string) func(string) string {
	if c.source == nil {
		return nil
	}
	count, found := 0, false
	for _, conn := range c.Connections {
		if conn.Driver == "otlp" {
			count++
			found = found || conn.Name == connection
		}
	}
	if !found || count > 1 {
		return nil
	}
	variables := c.source.otlp
	return func(name string) string { return variables[name] }
}
