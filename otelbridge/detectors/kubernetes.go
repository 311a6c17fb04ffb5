package detectors

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
)

// kubernetes finds out about the pod that the process runs in, from variables that its manifest sets
// from the downward API, and from what every pod has.
type kubernetes struct {
	getenv   func(string) string
	readFile func(string) ([]byte, error)
}

const namespaceFile = "/var/run/secrets/kubernetes.io/serviceaccount/namespace"

// Detect implements [resource.Detector].
func (k kubernetes) Detect(context.Context) (*resource.Resource, error) {
	if k.getenv("KUBERNETES_SERVICE_HOST") == "" {
		return resource.Empty(), nil
	}
	var found []attribute.KeyValue
	for _, a := range []struct {
		key       attribute.Key
		variables []string
	}{
		{semconv.K8SNamespaceNameKey, []string{"K8S_NAMESPACE_NAME", "POD_NAMESPACE"}},
		{semconv.K8SPodNameKey, []string{"K8S_POD_NAME", "POD_NAME", "HOSTNAME"}},
		{semconv.K8SPodUIDKey, []string{"K8S_POD_UID", "POD_UID"}},
		{semconv.K8SNodeNameKey, []string{"K8S_NODE_NAME", "NODE_NAME"}},
		{semconv.K8SContainerNameKey, []string{"K8S_CONTAINER_NAME", "CONTAINER_NAME"}},
		{semconv.K8SClusterNameKey, []string{"K8S_CLUSTER_NAME", "CLUSTER_NAME"}},
	} {
		value := ""
		for _, name := range a.variables {
			if value = strings.TrimSpace(k.getenv(name)); value != "" {
				break
			}
		}
		if value == "" && a.key == semconv.K8SNamespaceNameKey {
			text, err := k.readFile(namespaceFile)
			if err == nil {
				value = strings.TrimSpace(string(text))
			}
		}
		if value != "" {
			found = append(found, a.key.String(value))
		}
	}
	return resource.NewSchemaless(found...), nil
}

// instanceID returns a random UUID.
func instanceID() (string, error) {
	var b [16]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", err
	}
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:]), nil
}
