// Package otlptest has an OTLP receiver that misbehaves on request, for tests of network
// drivers. It listens on the loopback interface only.
package otlptest
