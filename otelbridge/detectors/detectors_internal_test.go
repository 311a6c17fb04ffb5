package detectors

import (
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
)

func TestDetect(t *testing.T) {
	t.Parallel()
	for name, key := range map[string]attribute.Key{"host": "host.name", "os": "os.type", "process": "process.pid", "service": "service.instance.id"} {
		r, err := Find(name)
		if err != nil {
			t.Fatal(err)
		}
		if v, ok := r.Set().Value(key); !ok || v.String() == "" {
			t.Errorf("%s finds no %s", name, key)
		}
	}
	for _, name := range Names() {
		r, err := Find(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range r.Attributes() {
			if strings.HasPrefix(string(a.Key), "process.command") {
				t.Errorf("%s is told: arguments may be secrets", a.Key)
			}
		}
	}
	service, err := Find("service")
	if err != nil {
		t.Fatal(err)
	}
	id, _ := service.Set().Value("service.instance.id")
	if !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(id.AsString()) {
		t.Errorf("%q is no random UUID", id.AsString())
	}
	if _, err := Find("hosts"); err == nil || !strings.Contains(err.Error(), `did you mean "host"`) {
		t.Errorf("error %v", err)
	}
}

func TestKubernetes(t *testing.T) {
	t.Parallel()
	env := map[string]string{"KUBERNETES_SERVICE_HOST": "10.0.0.1", "HOSTNAME": "web-5d9", "NODE_NAME": " n1 ", "POD_UID": "u"}
	k := kubernetes{func(name string) string { return env[name] }, func(name string) ([]byte, error) {
		if name != namespaceFile {
			return nil, os.ErrNotExist
		}
		return []byte("shop\n"), nil
	}}
	r, err := k.Detect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got, want := r.String(), "k8s.namespace.name=shop,k8s.node.name=n1,k8s.pod.name=web-5d9,k8s.pod.uid=u"; got != want {
		t.Errorf("found %s, want %s", got, want)
	}
	k.readFile = func(string) ([]byte, error) { return nil, errors.New("unreadable") }
	if r, err = k.Detect(t.Context()); err != nil || r.Len() != 3 {
		t.Errorf("without the file: %v, %v", r, err)
	}
	delete(env, "KUBERNETES_SERVICE_HOST")
	if r, err = k.Detect(t.Context()); err != nil || r.Len() != 0 {
		t.Errorf("elsewhere: %v, %v", r, err)
	}
}
