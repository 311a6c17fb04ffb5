package config

// Place says where a key stands.
type Place struct {
	// File is the file's path as it was given, or the name of the environment variable that
	// set the key. It is empty for what came from [Parse] without [WithFile] or [FromMap].
	File string
	// Line and Column count from 1, in characters (in bytes beyond the 4096th of a line); 0
	// means unknown.
	Line, Column int
}

// source remembers where a Config came from. It doesn't change after loading.
type source struct {
	file    string
	places  map[string]Place
	aliases map[string]string // documented key path -> the one that was written
	tables  map[string]string // connection -> its table
	loose   map[string]string // key path -> the environment variable that its text came from
	otlp    map[string]string // OTEL_EXPORTER_OTLP_*
}

func newSource(file string) *source {
	return &source{
		file:    file,
		places:  make(map[string]Place),
		aliases: make(map[string]string),
		tables:  make(map[string]string),
		loose:   make(map[string]string),
		otlp:    make(map[string]string),
	}
}

// Place returns where the key at keyPath stands, such as
// "trace.greptime.sample.rules[1].name". A key that wasn't written stands where the table
// around it does; if nothing is known but the file, Line is 0.
func (c Config) Place(keyPath string) Place {
	if c.source == nil {
		return Place{}
	}
	return c.source.place(keyPath)
}

// KeyPath returns the full key path of a connection's key: "setting.host" of the connection
// "greptime" is "trace.greptime.setting.host", and of the connection at the root of [trace]
// "trace.setting.host". An empty key names the connection's table. Where the key was written
// under another name, such as "sample_rules" in setting, that is the answer.
func (c Config) KeyPath(connection, key string) string {
	path := join("trace", connection)
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
	if c.source == nil {
		return path
	}
	return c.source.actual(path)
}

// FromEnvironment returns the environment variable that the value at keyPath holds the text
// of, whole or in part, or "". Such a value may be a secret and should not be printed.
func (c Config) FromEnvironment(keyPath string) string {
	if c.source == nil {
		return ""
	}
	return c.source.variable(keyPath)
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

func (s *source) place(path string) Place {
	for path = s.actual(path); path != ""; path = parent(path) {
		if place, ok := s.places[path]; ok {
			return place
		}
	}
	return Place{File: s.file}
}

// variable returns the environment variable that the text at path, or around it, came from.
func (s *source) variable(path string) string {
	for path = s.actual(path); path != ""; path = parent(path) {
		if name, ok := s.loose[path]; ok {
			return name
		}
	}
	return ""
}

func (s *source) actual(path string) string {
	for prefix := path; prefix != ""; prefix = parent(prefix) {
		if written, ok := s.aliases[prefix]; ok {
			return written + path[len(prefix):]
		}
	}
	return path
}
