package otlp

import (
	"fmt"
	"maps"

	"github.com/tracehook/tracehook/exporter/delivery"
)

// readSecrets reads the files that o names into the fields that they stand for.
func (o *Options) readSecrets() (err error) {
	headers := maps.Clone(o.Headers)
	if headers == nil {
		headers = make(map[string]string)
	}
	if o.HeadersFile != "" {
		more, err := delivery.ReadHeaders(o.HeadersFile)
		if err != nil {
			return fmt.Errorf("headers_file: %w", err)
		}
		for name, value := range more {
			if problem := checkHeader(name, value, o.GRPC); problem != "" {
				return fmt.Errorf("headers_file %q: %s", o.HeadersFile, problem)
			}
			headers[name] = value
		}
	}
	if o.TokenFile != "" {
		token, err := delivery.ReadToken(o.TokenFile)
		if err != nil {
			return fmt.Errorf("token_file: %w", err)
		}
		headers["authorization"] = "Bearer " + token
	}
	if len(headers) > 0 {
		o.Headers = headers
	}
	if o.TLS == nil {
		o.TLS, err = o.TLSFiles.Load()
	}
	return err
}
