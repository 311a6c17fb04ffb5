package delivery_test

import (
	"testing"

	"github.com/tracehook/tracehook/exporter/delivery"
)

func TestWhatCanBeReadOnTheWay(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"http://collector:4318", "collector:4317", "10.0.0.1:4317", "[fe80::1]:4317", "http://127.0.0.1.example.com", "http://localhost.example.com",
		"dns:///collector:4317", "dns://8.8.8.8/collector:4317", "dns:///10.0.0.1:1", "passthrough:///collector:1", "xds:///collector",
		"ipv4:127.0.0.1:1,10.0.0.1:1", "ipv6:[fe80::1]:1", "http://u:p@collector/x", "0.0.0.0:1", "http://2130706434", "dns:collector",
	} {
		if !delivery.Exposed(address) {
			t.Errorf("%q stays on this machine", address)
		}
	}
	for _, address := range []string{
		"http://localhost:4318", "http://LocalHost", "localhost.:1", "a.localhost:1", "127.0.0.1:1", "127.9.9.9", "http://[::1]:4318", "[::ffff:127.0.0.1]:1",
		"unix:/run/x.sock", "unix:///run/x.sock", "unix-abstract:x", "", "dns:///localhost:1", "dns:localhost:1", "passthrough:///127.0.0.1:1", "ipv4:127.0.0.1:1,127.0.0.2:1", "ipv6:[::1]:1",
	} {
		if delivery.Exposed(address) {
			t.Errorf("%q goes to another machine", address)
		}
	}
}
