package tracehook_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/delivery"
	"github.com/tracehook/tracehook/exporter/encode/redact"
	"github.com/tracehook/tracehook/exporter/greptime"
	"github.com/tracehook/tracehook/exporter/otlp"
	"github.com/tracehook/tracehook/exporter/otlptracehttp"
	"github.com/tracehook/tracehook/exporter/page"
	"github.com/tracehook/tracehook/exporter/spool"
	"github.com/tracehook/tracehook/otelbridge/bridge"
	"github.com/tracehook/tracehook/processor"
	"github.com/tracehook/tracehook/setting"
)

const secret = "pl4nted-s3cr3t"

// hiding are the exported types that hold what a configuration says, and so its secrets.
func hiding() map[string]reflect.Type {
	return map[string]reflect.Type{
		"config.Config": reflect.TypeFor[config.Config](), "config.Connection": reflect.TypeFor[config.Connection](),
		"config.OTel": reflect.TypeFor[config.OTel](), "config.Sample": reflect.TypeFor[config.Sample](), "config.Rule": reflect.TypeFor[config.Rule](),
		"setting.Secret": reflect.TypeFor[setting.Secret](), "setting.Source": reflect.TypeFor[setting.Source](), "setting.Table": reflect.TypeFor[setting.Table](),
		"exporter.Settings":     reflect.TypeFor[exporter.Settings](),
		"exporter/otlp.Options": reflect.TypeFor[otlp.Options](), "exporter/greptime.Options": reflect.TypeFor[greptime.Options](),
		"exporter/delivery.HTTPOptions": reflect.TypeFor[delivery.HTTPOptions](), "exporter/delivery.GRPCOptions": reflect.TypeFor[delivery.GRPCOptions](),
		"exporter/delivery.HTTP": reflect.TypeFor[delivery.HTTP](), "exporter/delivery.GRPC": reflect.TypeFor[delivery.GRPC](),
		"exporter/delivery.Exporter": reflect.TypeFor[delivery.Exporter](), "exporter/delivery.Sender": reflect.TypeFor[delivery.Sender](),
		"exporter/delivery.Secrets": reflect.TypeFor[delivery.Secrets](), "exporter/delivery.Options": reflect.TypeFor[delivery.Options](),
		"exporter/encode/redact.Options": reflect.TypeFor[redact.Options](), "exporter/encode/redact.Redactor": reflect.TypeFor[redact.Redactor](),
		"exporter/otlptracehttp.Exporter": reflect.TypeFor[otlptracehttp.Exporter](), "exporter/page.Exporter": reflect.TypeFor[page.Exporter](),
		"exporter/spool.Exporter":  reflect.TypeFor[spool.Exporter](),
		"otelbridge/bridge.Bridge": reflect.TypeFor[bridge.Bridge](), "processor.Fanout": reflect.TypeFor[processor.Fanout](),
	}
}

// harmless are the exported types that look as if they held a secret, and why they don't.
var harmless = map[string]string{
	"exporter/exportertest.Subject":       "of a test",
	"exporter/exportertest.DriverSubject": "of a test",
	"exporter/file/readback.Event":        "of a span, which was redacted before it was written",
	"exporter/file/readback.Span":         "a span, which was redacted before it was written",
	"otelbridge/otelhook.Hook":            "numbers",
	"otelbridge/propagators.RequestID":    "the name of a header",
}

// suspect tells what may be a secret by the name of a field and by its type.
var (
	suspectName = regexp.MustCompile(`(?i)token|secret|password|header|metadata|credential|hashkey|url|setting$|proxy`)
	suspectType = regexp.MustCompile(`Secret|http\.Header|url\.URL|map\[string\]any`)
)

// Every exported type of the module whose fields look like secrets hides them, or is known to have
// none.
func TestTypesThatMayHoldASecretAreListed(t *testing.T) {
	t.Parallel()
	hide, found := hiding(), map[string]bool{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if _, err := os.Stat(filepath.Join(path, "go.mod")); path != "." && (err == nil || strings.HasPrefix(d.Name(), ".") ||
				slices.Contains([]string{"internal", "cmd", "docs", "examples", "test", "testdata"}, d.Name())) {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		for name, fields := range structsIn(t, path) {
			name = filepath.ToSlash(filepath.Dir(path)) + "." + name
			found[name] = true
			if _, ok := hide[name]; ok || harmless[name] != "" {
				continue
			}
			for field, typ := range fields {
				if suspectName.MatchString(field) || suspectType.MatchString(typ) {
					t.Errorf("%s.%s %s: let the type hide it (Format, MarshalJSON), and add it to the list; or say why it needn't", name, field, typ)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for name := range harmless {
		if !found[name] {
			t.Errorf("there is no type %s", name)
		}
	}
}

// structsIn returns the fields of the exported structs of a file, with their types.
func structsIn(t *testing.T, path string) map[string]map[string]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string]map[string]string)
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok {
			return true
		}
		if s, ok := spec.Type.(*ast.StructType); ok && spec.Name.IsExported() {
			fields := make(map[string]string)
			for _, f := range s.Fields.List {
				for _, name := range f.Names {
					fields[name.Name] = types.ExprString(f.Type)
				}
			}
			all[spec.Name.Name] = fields
		}
		return false
	})
	return all
}

// forNumbers are the verbs that go vet refuses for types with a String method.
var forNumbers = []string{"%d", "%o", "%b", "%e", "%g", "%t", "%c", "%U"}

// Whatever such a type holds, in whatever field, no way to print it shows it.
func TestNoTypePrintsASecret(t *testing.T) {
	t.Parallel()
	for name, typ := range hiding() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pointer := reflect.New(typ)
			plant(pointer.Elem(), name, 0)
			slice := reflect.MakeSlice(reflect.SliceOf(pointer.Type()), 1, 1)
			slice.Index(0).Set(pointer)
			opaque := holdsLock(typ) || slices.Contains([]string{"setting.Source", "setting.Table"}, name)
			forms := map[string]any{
				"pointer": pointer.Interface(), "slice of pointers": slice.Interface(), "exported field": struct{ X any }{pointer.Interface()},
				"map": map[string]any{"x": pointer.Interface()},
			}
			if !opaque { // the others are used as pointers only
				values := reflect.MakeSlice(reflect.SliceOf(typ), 1, 1)
				values.Index(0).Set(pointer.Elem())
				forms["value"], forms["slice"] = pointer.Elem().Interface(), values.Interface()
			}
			for form, v := range forms {
				var wrong []string // the verbs
				for what, text := range formsOf(v) {
					if slices.Contains([]string{"exporter.Settings", "config.Connection"}, name) && slices.Contains(forNumbers, what) {
						continue // a field has the name that the method would need; go vet refuses these verbs
					}
					if leak(text) >= 0 || strings.Contains(text, "PANIC") {
						wrong = append(wrong, what)
					}
				}
				if wrong != nil {
					slices.Sort(wrong)
					t.Errorf("%s shows a secret or panics as %s; as %s it is\n%.300q", form, strings.Join(wrong, ", "), wrong[0], formsOf(v)[wrong[0]])
				}
			}
		})
	}
}

// leak returns where a secret begins in text, in any of the forms in which it is printed; -1 if
// there is none.
func leak(text string) int {
	text = strings.ToLower(text)
	numbers := strings.Trim(fmt.Sprintf("%d", []byte(secret)), "[]")
	for _, form := range []string{
		secret, hex.EncodeToString([]byte(secret)), fmt.Sprintf("% x", secret),
		strings.ToLower(base64.StdEncoding.EncodeToString([]byte(secret))), numbers, strings.ReplaceAll(numbers, " ", ", "),
	} {
		if at := strings.Index(text, form); at >= 0 {
			return at
		}
	}
	return -1
}

// formsOf returns v as each verb, slog and JSON have it.
func formsOf(v any) map[string]string {
	all := make(map[string]string)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%X", "% x", "%o", "%b", "%e", "%g", "%t", "%c", "%U", "%T"} {
		all[verb] = fmt.Sprintf(verb, v)
	}
	all["error"] = fmt.Errorf("x: %v", v).Error()
	for name, handler := range map[string]func(*bytes.Buffer) slog.Handler{
		"slog text": func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
		"slog JSON": func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
	} {
		var b bytes.Buffer
		slog.New(handler(&b)).Info("m", "v", v, slog.Group("g", slog.Any("v", v)))
		all[name] = b.String()
	}
	if data, err := json.Marshal(v); err != nil {
		all["JSON"] = err.Error()
	} else {
		all["JSON"] = string(data)
	}
	return all
}

// plant fills v with secrets, unexported fields too, as far as reflection gets.
func plant(v reflect.Value, name string, depth int) {
	if depth > 6 || !v.CanSet() {
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(text(name))
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			v.SetBytes([]byte(secret))
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		plant(v.Index(0), name, depth+1)
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		if key.Kind() == reflect.String {
			key.SetString("key")
		}
		plant(value, name, depth+1)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.Interface:
		if v.NumMethod() == 0 {
			v.Set(reflect.ValueOf(map[string]any{"key": secret}))
		}
	case reflect.Pointer:
		if own := v.Type().Elem().PkgPath(); v.Type().Elem().Kind() != reflect.Struct || strings.Contains(own, "tracehook") || own == "net/url" {
			v.Set(reflect.New(v.Type().Elem()))
			plant(v.Elem(), name, depth+1)
		}
	case reflect.Struct:
		if own := v.Type().PkgPath(); own != "" && !strings.Contains(own, "tracehook") && own != "net/url" {
			return
		}
		for i := range v.NumField() {
			field := v.Field(i)
			if !field.CanSet() {
				field = reflect.NewAt(field.Type(), unsafe.Pointer(field.UnsafeAddr())).Elem()
			}
			plant(field, v.Type().Field(i).Name, depth+1)
		}
	default:
	}
}

// text returns what a field of that name holds: of an address the host may be seen, and names are
// keys of the ledger, of logs and of metrics.
func text(field string) string {
	switch field = strings.ToLower(field); {
	case slices.Contains([]string{"name", "connection", "driver", "host", "scheme", "path", "key", "parent", "method", "overflow", "scope", "weights", "file", "dir"}, field):
		return "name"
	case strings.Contains(field, "url"), field == "listen":
		return "https://user:" + secret + "@host:1/" + secret + "?x=" + secret
	}
	if field == "address" || field == "target" || field == "origin" { // documented as what may be shown
		return "https://host:1"
	}
	return secret
}

// holdsLock reports whether a value of typ must not be copied.
func holdsLock(typ reflect.Type) bool {
	if typ.Kind() != reflect.Struct {
		return false
	}
	for f := range typ.Fields() {
		field := f.Type
		if path := field.PkgPath(); path == "sync" || path == "sync/atomic" || holdsLock(field) {
			return true
		}
	}
	return false
}
