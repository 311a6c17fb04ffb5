// Package config reads the configuration: a file, the environment, or a map that a framework
// hands over, into plain data.
//
// [Load] reads a file in TOML, YAML or JSON, [Parse] its content, [FromMap] what somebody else
// has parsed; the three formats mean the same. All return a [Config], in which every default
// is filled in, or [Problems], which lists everything that is wrong at once, each with its key
// path and, if there is a file, line and column.
//
// The file may be the application's own: only [trace], [otel] and the keys project, name,
// profile, role and node at its top are read. docs/config.md has every key.
//
// # Environment
//
// ${NAME} in a text stands for an environment variable, ${NAME:-text} has a default, and $${ is
// a plain ${. TRACEHOOK_TRACE__FILE__SAMPLE__RATE=0.1 sets one key over the file's: two
// underscores stand between levels. OpenTelemetry's own variables count where the file is
// silent.
//
// # OpenTelemetry's declarative configuration
//
// A YAML or JSON file with file_format is OpenTelemetry's own: each processor with its exporter
// becomes a connection, and the sampler the policy of each. What has no counterpart is a problem or
// a warning. See docs/config.md.
//
// # What is not checked
//
// This package knows no driver. The keys of setting, spool and retry, the names of drivers,
// fields and propagators, and the globs of rules are checked by who uses them; [Config.Place],
// [Config.KeyPath] and [Config.NewProblem] let that report the same places.
package config
