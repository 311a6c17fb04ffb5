package greptime

import (
	"fmt"

	"github.com/tracehook/tracehook/exporter/delivery"
)

// open makes the transport from what is in the files now.
func (o Options) open() (delivery.Transport, error) {
	if err := o.readSecrets(); err != nil {
		return nil, err
	}
	if o.rows() {
		return newRowTransport(&o)
	}
	return newTraceTransport(&o)
}

// readSecrets reads the files that o names.
func (o *Options) readSecrets() (err error) {
	if o.TokenFile != "" {
		if o.token, err = delivery.ReadToken(o.TokenFile); err != nil {
			return fmt.Errorf("token_file: %w", err)
		}
	}
	if o.HeadersFile != "" {
		if o.headers, err = delivery.ReadHeaders(o.HeadersFile); err != nil {
			return fmt.Errorf("headers_file: %w", err)
		}
	}
	if o.TLS == nil {
		o.TLS, err = o.TLSFiles.Load()
	}
	return err
}
