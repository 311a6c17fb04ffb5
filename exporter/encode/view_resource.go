package encode

import (
	"strings"

	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/tracehook/tracehook/exporter"
)

// maxResources bounds how many resources a View remembers. A process has one, or one for
// each framework service; beyond the bound the memory starts over.
const maxResources = 64

// identified is what fields need of a resource, read once.
type identified struct {
	service string
	exporter.Identity
}

// resources remembers what was read from each resource.
type resources struct {
	last *resource.Resource
	info *identified
	all  map[*resource.Resource]*identified
}

func (c *resources) of(r *resource.Resource) *identified {
	if r == c.last && c.info != nil {
		return c.info
	}
	info := c.all[r]
	if info == nil {
		info = identify(r)
		if c.all == nil || len(c.all) >= maxResources {
			c.all = make(map[*resource.Resource]*identified)
		}
		c.all[r] = info
	}
	c.last, c.info = r, info
	return info
}

func identify(r *resource.Resource) *identified {
	info := &identified{}
	if r == nil {
		return info
	}
	for it := r.Iter(); it.Next(); {
		kv := it.Attribute()
		key := string(kv.Key)
		if key == "service.name" {
			info.service = kv.Value.String()
			continue
		}
		name, ok := strings.CutPrefix(key, "infra.")
		if !ok {
			name, ok = strings.CutPrefix(key, "bamgoo.")
		}
		if !ok {
			continue
		}
		switch name {
		case "project":
			info.Project = kv.Value.String()
		case "profile":
			info.Profile = kv.Value.String()
		case "role":
			info.Role = kv.Value.String()
		case "node":
			info.Node = kv.Value.String()
		}
	}
	return info
}
