package otlptracehttp

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"

	"golang.org/x/net/http/httpguts"

	"github.com/tracehook/tracehook/exporter/delivery"
)

// environ is what the official exporter finds in the environment, as far as it may be a
// secret, or would be printed because it can't be read. It reads the variables for all
// signals and those for traces, whichever decide.
type environ struct {
	secrets  delivery.Secrets
	problems []error
}

func newEnviron() *environ {
	e := &environ{}
	for _, prefix := range []string{"OTEL_EXPORTER_OTLP_", "OTEL_EXPORTER_OTLP_TRACES_"} {
		e.endpoint(prefix + "ENDPOINT")
		e.headers(prefix + "HEADERS")
		if value := value(prefix + "TIMEOUT"); value != "" {
			if _, err := strconv.Atoi(value); err != nil {
				e.problem(prefix+"TIMEOUT", "want a number of milliseconds")
			}
		}
		e.files(prefix)
	}
	return e
}

func value(name string) string { return strings.TrimSpace(os.Getenv(name)) }

func (e *environ) err() error { return errors.Join(e.problems...) }

func (e *environ) problem(name, format string, args ...any) {
	e.problems = append(e.problems, fmt.Errorf("environment variable %s: %s", name, fmt.Sprintf(format, args...)))
}

func (e *environ) endpoint(name string) {
	u, err := url.Parse(value(name))
	if err != nil {
		e.problem(name, "want http://HOST:PORT or https://HOST:PORT")
		return
	}
	password, _ := u.User.Password()
	e.secrets = append(append(e.secrets, u.User.String(), password), delivery.SecretsOf(u)...)
}

// plaintext returns the address to which the official exporter sends without TLS, and the variable that
// says so; "" if it has TLS.
func plaintext() (address, variable string) {
	for _, prefix := range []string{"OTEL_EXPORTER_OTLP_TRACES_", "OTEL_EXPORTER_OTLP_"} {
		if value(prefix+"ENDPOINT") != "" {
			variable = prefix + "ENDPOINT"
			break
		}
	}
	address = value(variable)
	plain := false
	if scheme, _, ok := strings.Cut(address, ":"); ok {
		plain = strings.EqualFold(scheme, "http") || strings.EqualFold(scheme, "unix")
	}
	if address == "" {
		address = "localhost:4318"
	}
	for _, name := range []string{"OTEL_EXPORTER_OTLP_INSECURE", "OTEL_EXPORTER_OTLP_TRACES_INSECURE"} { // the last one counts
		if text := value(name); text != "" {
			plain, variable = strings.EqualFold(text, "true"), name
		}
	}
	if !plain {
		return "", ""
	}
	return address, variable
}

// credentials reports whether a header usually holds a secret.
func credentials() bool {
	for _, prefix := range []string{"OTEL_EXPORTER_OTLP_TRACES_", "OTEL_EXPORTER_OTLP_"} {
		for member := range strings.SplitSeq(value(prefix+"HEADERS"), ",") {
			name, _, _ := strings.Cut(member, "=")
			if delivery.Credential(name) {
				return true
			}
		}
	}
	return false
}

// headers accepts what the official exporter accepts: name=value,name=value with
// percent-encoded values.
func (e *environ) headers(name string) {
	list := value(name)
	if list == "" {
		return
	}
	for i, member := range strings.Split(list, ",") {
		key, raw, found := strings.Cut(member, "=")
		text, err := url.PathUnescape(raw)
		if !found || err != nil || !httpguts.ValidHeaderFieldName(strings.TrimSpace(key)) {
			e.problem(name, "member %d is not of the form name=value, or badly percent-encoded", i+1)
			continue
		}
		if text = strings.TrimSpace(text); text == "" { // the padding of a token was taken for the sign
			text = strings.TrimSpace(key)
		}
		e.secrets = append(e.secrets, raw, text)
	}
}

// files reports certificates that can't be read. One of a client is read with its key only.
func (e *environ) files(prefix string) {
	ca, cert, key := prefix+"CERTIFICATE", prefix+"CLIENT_CERTIFICATE", prefix+"CLIENT_KEY"
	f := delivery.TLSFiles{CA: value(ca), CAKey: ca, CertKey: cert, KeyKey: key}
	if value(cert) != "" && value(key) != "" {
		f.Cert, f.Key = value(cert), value(key)
	}
	problem := func(name, format string, args ...any) { // a token is easily put into the wrong variable
		text := fmt.Sprintf(format, args...)
		for _, file := range []string{f.CA, f.Cert, f.Key} {
			if file != "" {
				text = strings.NewReplacer(strconv.Quote(file), "the file", file, "the file").Replace(text)
			}
		}
		e.problem(name, "%s", text)
	}
	f.Config(problem, problem)
}
