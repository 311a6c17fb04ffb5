package otlp

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/tracehook/tracehook/exporter/delivery"
	"github.com/tracehook/tracehook/setting"
)

// environ reads OpenTelemetry's variables of an OTLP exporter. The one for traces beats the
// one for all signals; an empty one counts as unset. It collects all problems.
//
// As the specification says, a value that can't be understood is ignored with a warning. An endpoint and a
// certificate are not: without them spans would go to another place, or to a server whose certificate
// nobody has checked.
type environ struct {
	get      func(string) string
	errs     []error
	warnings []string
}

const environPrefix = "OTEL_EXPORTER_OTLP_"

// value returns the variable that decides, and its name.
func (e *environ) value(name string) (value, variable string) {
	if e.get == nil {
		return "", ""
	}
	for _, variable := range [...]string{environPrefix + "TRACES_" + name, environPrefix + name} {
		if value := strings.TrimSpace(e.get(variable)); value != "" {
			return value, variable
		}
	}
	return "", ""
}

func (e *environ) problem(variable, format string, args ...any) {
	e.errs = append(e.errs, setting.Problem{File: variable, Message: e.hide(fmt.Sprintf(format, args...))})
}

// problemHere is problem for what another machine may have right.
func (e *environ) problemHere(variable, format string, args ...any) {
	e.errs = append(e.errs, setting.Problem{File: variable, Message: e.hide(fmt.Sprintf(format, args...)), Here: true})
}

// hide returns a message without the values of variables: a token is easily put into the wrong one.
func (e *environ) hide(message string) string {
	var pairs []string
	if address, _, _ := e.address(); address != "" {
		place := delivery.Place(address)
		pairs = append(pairs, strconv.Quote(place), "the value", place, "HOST:PORT")
	}
	for _, name := range []string{"CERTIFICATE", "CLIENT_CERTIFICATE", "CLIENT_KEY"} {
		if file, variable := e.value(name); file != "" {
			pairs = append(pairs, strconv.Quote(file), "the file of "+variable, file, "the file of "+variable)
		}
	}
	return strings.NewReplacer(pairs...).Replace(message)
}

func (e *environ) ignore(variable, format string, args ...any) {
	e.warnings = append(e.warnings, fmt.Sprintf("environment variable %s: %s", variable, fmt.Sprintf(format, args...)))
}

// unused tells which secrets of the environment go nowhere, where the settings have none.
func (e *environ) unused(d *setting.Table) {
	for _, secret := range []struct {
		name string
		keys []string
	}{{"HEADERS", []string{"headers"}}, {"CERTIFICATE", []string{"ca", "ca_file"}}, {"CLIENT_CERTIFICATE", []string{"cert", "cert_file"}}} {
		if value, variable := e.value(secret.name); value != "" && !d.Has(secret.keys...) {
			e.ignore(variable, "it is not used, because the connection has another endpoint than the environment: set %s", secret.keys[0])
		}
	}
}

// address returns the endpoint of the environment. It is a base unless it was named for
// traces alone.
func (e *environ) address() (address, variable string, base bool) {
	address, variable = e.value("ENDPOINT")
	return address, variable, !strings.HasPrefix(variable, environPrefix+"TRACES_")
}

func (e *environ) protocol() string {
	switch value, variable := e.value("PROTOCOL"); value {
	case "", "http/protobuf", "http/json", "grpc":
		return value
	default:
		e.ignore(variable, "its value is ignored: http/protobuf, http/json and grpc are supported; http/protobuf counts")
		return ""
	}
}

func (e *environ) timeout() time.Duration {
	value, variable := e.value("TIMEOUT")
	if value == "" {
		return 0
	}
	ms, err := strconv.ParseUint(value, 10, 31)
	if err != nil || ms == 0 {
		e.ignore(variable, "its value is ignored: want a number of milliseconds above 0; %v counts", defaultTimeout)
		return 0
	}
	return time.Duration(ms) * time.Millisecond
}

func (e *environ) gzip() bool {
	switch value, variable := e.value("COMPRESSION"); value {
	case "gzip":
		return true
	case "", "none":
		return false
	default:
		e.ignore(variable, "its value is ignored: gzip and none are supported; none counts")
		return false
	}
}

// insecure returns nil if the environment is silent.
func (e *environ) insecure() *bool {
	value, _ := e.value("INSECURE")
	if value == "" {
		return nil
	}
	insecure := strings.EqualFold(value, "true") // anything else is false, by specification
	return &insecure
}

// headers reads "name=value,name=value" with percent-encoded values. Problems name the place
// only: a header is a secret even when it is malformed.
func (e *environ) headers(grpc bool) map[string]string {
	list, variable := e.value("HEADERS")
	if list == "" {
		return nil
	}
	headers := make(map[string]string)
	i := 0
	for name, value := range setting.Pairs(list) {
		if i++; name == "" {
			e.ignore(variable, "member %d is ignored: it is not of the form name=value, or badly percent-encoded", i)
			continue
		}
		if problem := checkHeader(name, value, grpc); problem != "" {
			e.ignore(variable, "member %d is ignored: %s", i, problem)
			continue
		}
		headers[name] = value
	}
	return headers
}

func (e *environ) files() delivery.TLSFiles {
	var f delivery.TLSFiles
	f.CA, f.CAKey = e.value("CERTIFICATE")
	f.Cert, f.CertKey = e.value("CLIENT_CERTIFICATE")
	f.Key, f.KeyKey = e.value("CLIENT_KEY")
	f.CertKey = cmp.Or(f.CertKey, environPrefix+"CLIENT_CERTIFICATE")
	f.KeyKey = cmp.Or(f.KeyKey, environPrefix+"CLIENT_KEY")
	return f
}
