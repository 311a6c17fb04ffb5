// Package detectors finds out where a process runs, as resource attributes of OpenTelemetry's
// semantic conventions. [Find] knows the words of the key detectors in the table [otel].
//
// None of them asks a network service, and the command line of the process is left out: arguments may
// be secrets.
package detectors

import (
	"context"
	"fmt"
	"os"
	"strings"

	"go.opentelemetry.io/otel/sdk/resource"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/tracehook/tracehook/internal/nearest"
)

// Names returns the detectors that there are: host (name and id), os, process (id, executable, owner and
// runtime), container (id), k8s (what the downward API and the service account say about the pod) and
// service (a random service.instance.id). The slice is the caller's.
func Names() []string { return []string{"container", "host", "k8s", "os", "process", "service"} }

// Find returns what the named detector finds. That it finds nothing is no error; an unknown name is.
func Find(name string) (*resource.Resource, error) {
	options := optionsOf(name)
	if options == nil {
		return nil, fmt.Errorf("unknown detector %q%s (known are %s)", name, nearest.Hint(name, Names()), strings.Join(Names(), ", "))
	}
	found, err := resource.New(context.Background(), options...)
	if found == nil || err != nil && found.Len() == 0 {
		return resource.Empty(), nil
	}
	// Parts of different versions of the conventions have no schema in common.
	return resource.NewSchemaless(found.Attributes()...), nil
}

func optionsOf(name string) []resource.Option {
	switch name {
	case "host":
		return []resource.Option{resource.WithHost(), resource.WithHostID()}
	case "os":
		return []resource.Option{resource.WithOS()}
	case "process":
		return []resource.Option{
			resource.WithProcessPID(), resource.WithProcessExecutableName(), resource.WithProcessExecutablePath(), resource.WithProcessOwner(),
			resource.WithProcessRuntimeName(), resource.WithProcessRuntimeVersion(), resource.WithProcessRuntimeDescription(),
		}
	case "container":
		return []resource.Option{resource.WithContainer()}
	case "k8s":
		return []resource.Option{resource.WithDetectors(kubernetes{os.Getenv, os.ReadFile})}
	case "service":
		return []resource.Option{resource.WithDetectors(resource.StringDetector("", semconv.ServiceInstanceIDKey, instanceID))}
	}
	return nil
}
