package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// maxSize is the largest file that is read, in bytes. It bounds what a mistaken path can cost.
const maxSize = 10 << 20

// Load reads the file at path. Its extension, .toml, .yaml, .yml or .json, says the format
// unless [WithFormat] does. Files over 10 MiB are refused.
//
// Everything that is wrong with the content comes back at once, as [Problems]; a file that
// can't be read is an error that wraps the cause, such as [fs.ErrNotExist]. After an error the
// Config is zero.
//
// Without a path, the file is the one that OTEL_CONFIG_FILE names; if that is unset too, the result
// is that of an empty file, which the rest of the environment shapes.
func Load(path string, opts ...Option) (Config, error) {
	o := newOptions(opts)
	if path == "" {
		if path = o.variable(configFile); path == "" {
			return o.parse(nil, "toml")
		}
	}
	data, err := readFile(path)
	if err != nil {
		return Config{}, err
	}
	return o.load(path, data)
}

// configFile is the variable that names a file where nothing else does.
const configFile = "OTEL_CONFIG_FILE"

// variable returns the value of an environment variable.
func (o options) variable(name string) string {
	for _, v := range o.environ() {
		if value, ok := strings.CutPrefix(v, name+"="); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

func (o options) load(path string, data []byte) (Config, error) {
	format := o.format
	if format == "" {
		format = filepath.Ext(path)
	}
	o.file = path
	return o.parse(data, format)
}

// Parse reads data in the given format, "toml", "yaml" or "json". An error is always
// [Problems], and the Config is then zero. Data is not kept.
func Parse(data []byte, format string, opts ...Option) (Config, error) {
	return newOptions(opts).parse(data, format)
}

// FromMap reads a configuration that somebody else has parsed, such as a framework. The map is
// the whole of it: the trace section is m["trace"]. Values may be of any type that decoders
// make; m is neither changed nor kept. An error is always [Problems], without places, and the
// Config is then zero.
func FromMap(m map[string]any, opts ...Option) (Config, error) {
	o := newOptions(opts)
	d := newDecoder(o)
	return d.decode(d.normalize(m))
}

// Default returns what an empty file and an empty environment give: one connection named
// default that writes every span to the console.
func Default() Config {
	return Config{
		Connections: []Connection{newConnection("default")},
		OTel:        OTel{Propagators: []string{"tracecontext", "baggage"}},
		Implicit:    true,
		source:      newSource(""),
	}
}

func (o options) parse(data []byte, format string) (Config, error) {
	d := newDecoder(o)
	syntax, ok := syntaxOf(format)
	if !ok {
		return Config{}, d.refuse(Problem{Message: fmt.Sprintf(
			"format %q is not known; toml, yaml and json are", format)})
	}
	data, problem := clean(data)
	if problem != nil {
		return Config{}, d.refuse(*problem)
	}
	document, problems := d.parseAny(format, syntax, data)
	if len(problems) > 0 {
		return Config{}, d.refuse(problems...)
	}
	return d.decode(document)
}

// openFile opens a regular file. The caller closes it.
func openFile(path string) (file *os.File, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("config file %q: %w", path, cause(err))
		}
	}()
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, errors.New("is a directory; name a file in it")
	case !info.Mode().IsRegular():
		return nil, errors.New("is not a regular file")
	}
	return os.Open(path)
}

// readOpen returns what the file at path holds, up to a byte more than a configuration may have.
func readOpen(file *os.File, path string) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(file, maxSize+1))
	if err != nil {
		return nil, fmt.Errorf("config file %q: %w", path, cause(err))
	}
	return data, nil
}

func readFile(path string) ([]byte, error) {
	file, err := openFile(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	return readOpen(file, path)
}

// cause drops the operation and the path, which the caller says better.
func cause(err error) error {
	if e, ok := err.(*fs.PathError); ok { //nolint:errorlint // only the outermost layer is dropped
		return e.Err
	}
	return err
}
