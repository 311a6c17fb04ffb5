package setting_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/tracehook/tracehook/setting"
)

func TestSecretIsNeverShown(t *testing.T) {
	t.Parallel()
	const hunter = "hunter2"
	s := setting.NewSecret(hunter)
	if s.Reveal() != hunter {
		t.Fatalf("Reveal returned %q", s.Reveal())
	}
	type holder struct {
		Public  setting.Secret
		private setting.Secret
		list    []setting.Secret
	}
	h := holder{s, s, []setting.Secret{s}}
	encoded, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	var logged bytes.Buffer
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("x", "secret", s, "holder", h)
	slog.New(slog.NewTextHandler(&logged, nil)).Info("x", "secret", s, "holder", &h)
	var printed strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&printed, verb+verb+verb, s, h, &h)
	}
	shown := string(encoded) + logged.String() + printed.String()
	for _, form := range []string{hunter, fmt.Sprintf("%x", hunter)} {
		if strings.Contains(shown, form) {
			t.Errorf("the secret shows as %q in %s", form, shown)
		}
	}
	if !strings.Contains(string(encoded), "[hidden]") {
		t.Errorf("JSON %s doesn't say that something is hidden", encoded)
	}
}

func TestSecretThatIsEmpty(t *testing.T) {
	t.Parallel()
	for _, s := range []setting.Secret{{}, setting.NewSecret("")} {
		if s.String() != "" || s.Reveal() != "" {
			t.Errorf("an empty secret shows as %q, is %q", s, s.Reveal())
		}
	}
}
