package delivery

import (
	"strings"
)

// remotely begins what crypto/tls says about an alert of the other side.
const remotely = "remote error: tls: "

// alertIn returns the TLS alert in the text of an error, in the words of crypto/tls; "" without one.
func alertIn(text string) string {
	_, alert, found := strings.Cut(text, remotely)
	if !found {
		return ""
	}
	return strings.TrimRight(alert, `" )`)
}

const hintWanted = "the server wants a client certificate: set cert and key"

// vague is an alert of many causes.
const vague = "handshake failure"

// alertHint says what a server's TLS alert means. Certificate reports that we have one of our own.
func alertHint(alert string, certificate bool) string {
	switch alert {
	case "certificate required":
		if certificate { // crypto/tls shows none that the server's list of authorities excludes
			return "the client certificate is of no authority that the server accepts: check cert and key"
		}
		return hintWanted
	case "bad certificate", "unsupported certificate", "unknown certificate", "unknown certificate authority", "access denied":
		if certificate {
			return "the server doesn't accept the client certificate: check cert and key"
		}
		return hintWanted
	case "expired certificate":
		return "the client certificate has expired, or isn't valid yet: renew the files of cert and key"
	case "revoked certificate":
		return "the client certificate has been revoked: renew the files of cert and key"
	case "protocol version not supported":
		return "the server takes none of our versions of TLS, which are 1.2 and 1.3"
	case "unrecognized name":
		return "the server doesn't know the name that it was called by: check host and server_name"
	default:
		return ""
	}
}
