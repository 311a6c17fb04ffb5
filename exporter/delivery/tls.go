package delivery

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"

	"github.com/tracehook/tracehook/setting"
)

// maxPEM bounds a certificate file, in case a setting names the wrong file.
const maxPEM = 1 << 20

// TLSFiles name what a TLS client needs; all are optional.
type TLSFiles struct {
	CA, Cert, Key, ServerName string
	// The names by which a problem with each is reported.
	CAKey, CertKey, KeyKey string
}

// Empty reports that nothing is named.
func (f TLSFiles) Empty() bool {
	return f == TLSFiles{CAKey: f.CAKey, CertKey: f.CertKey, KeyKey: f.KeyKey}
}

// Load is Config with one error for all that is wrong.
func (f TLSFiles) Load() (*tls.Config, error) {
	var errs []error
	problem := func(key, format string, args ...any) {
		errs = append(errs, fmt.Errorf("%s: %s", key, fmt.Sprintf(format, args...)))
	}
	c := f.Config(problem, problem)
	return c, errors.Join(errs...)
}

// Config reads the files; nil, the system's default, if there are none. It calls problem with
// what is wrong, or here if it may be right on another machine, and never shows what is in a file.
func (f TLSFiles) Config(problem, here func(key, format string, args ...any)) *tls.Config {
	if f.Empty() {
		return nil
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: f.ServerName}
	if f.CA != "" {
		if pem, err := readPEM(f.CA); err != nil {
			here(f.CAKey, "%v", err)
		} else if c.RootCAs = x509.NewCertPool(); !c.RootCAs.AppendCertsFromPEM(pem) {
			here(f.CAKey, "%q holds no certificate in PEM form", f.CA)
		}
	}
	switch {
	case f.Cert != "" && f.Key == "":
		problem(f.CertKey, "a client certificate needs its key: set %s too", f.KeyKey)
	case f.Cert == "" && f.Key != "":
		problem(f.KeyKey, "a key needs its certificate: set %s too", f.CertKey)
	case f.Cert != "":
		c.Certificates = f.keyPair(here)
	}
	return c
}

// keyPair reads the certificate and its key; each of them may be wrong.
func (f TLSFiles) keyPair(here func(key, format string, args ...any)) []tls.Certificate {
	cert, certErr := readPEM(f.Cert)
	if certErr != nil {
		here(f.CertKey, "%v", certErr)
	}
	key, keyErr := readPEM(f.Key)
	if keyErr != nil {
		here(f.KeyKey, "%v", keyErr)
	}
	if certErr != nil || keyErr != nil {
		return nil
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		here(f.CertKey, "%q and %q are no pair of certificate and key: %v", f.Cert, f.Key, err)
		return nil
	}
	return []tls.Certificate{pair}
}

func readPEM(name string) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxPEM || !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%q is no certificate or key: it is not a regular file of at most %d bytes", name, maxPEM)
	}
	return os.ReadFile(name)
}

// ReadTLSFiles reads the settings ca, cert, key and server_name.
func ReadTLSFiles(d *setting.Table) TLSFiles {
	return TLSFiles{
		CA: d.String("", "ca", "ca_file"), CAKey: d.Name("ca", "ca_file"),
		Cert: d.String("", "cert", "cert_file"), CertKey: d.Name("cert", "cert_file"),
		Key: d.String("", "key", "key_file"), KeyKey: d.Name("key", "key_file"),
		ServerName: d.String("", "server_name"),
	}
}

// Unsecured reports each of the settings that is there, for an endpoint without TLS. Advice says
// how to secure it.
func (f TLSFiles) Unsecured(d *setting.Table, advice string) {
	for key, value := range map[string]string{f.CAKey: f.CA, f.CertKey: f.Cert, f.KeyKey: f.Key, "server_name": f.ServerName} {
		if value != "" {
			d.Problem(key, "the endpoint is not secured: %s, or leave %s out", advice, key)
		}
	}
}
