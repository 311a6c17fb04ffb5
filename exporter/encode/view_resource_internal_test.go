package encode

import (
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"
)

func TestResourcesAreBounded(t *testing.T) {
	t.Parallel()
	var c resources
	for i := range 10 * maxResources {
		_ = c.of(resource.NewSchemaless(attribute.Int("i", i)))
		if len(c.all) > maxResources {
			t.Fatalf("%d resources are remembered, want at most %d", len(c.all), maxResources)
		}
	}
	one := resource.NewSchemaless(attribute.String("service.name", "x"))
	if first := c.of(one); first != c.of(one) || first.service != "x" {
		t.Error("a resource is read again")
	}
}
