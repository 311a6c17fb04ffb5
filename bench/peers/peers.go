// Package peers measures other libraries, each in a module of its own that is built when it is needed and
// removed afterwards: nothing here depends on them.
package peers

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

//go:embed testdata
var sources embed.FS

// Peer is another library.
type Peer struct {
	Name    string
	folder  string            // of its source, in testdata
	module  string            // its path
	modules map[string]string // the paths of all that it needs, and the folders of their checkouts
	program string            // "" before Build
	built   bool
	version string
}

// All returns the libraries that are known.
func All() []*Peer {
	return []*Peer{
		{Name: "infrago, its own trace module", folder: "framework", module: "github.com/infrago/trace", modules: map[string]string{
			"github.com/infrago/infra": "infra", "github.com/infrago/base": "base",
			"github.com/infrago/trace": "trace", "github.com/infrago/trace-file": "trace-file",
		}},
		{Name: "lumen", folder: "lumen", module: "github.com/kolosys/lumen", modules: map[string]string{"github.com/kolosys/lumen": "lumen"}},
	}
}

// Build builds the program that measures it against this version of OpenTelemetry's SDK, in a folder of its
// own. Its modules are those of the folder with checkouts, if there is one, and the newest that the module
// proxy has otherwise. It must be closed.
func (p *Peer) Build(checkouts, sdk string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	folder, err := os.MkdirTemp("", "peer")
	if err != nil {
		return err
	}
	p.program = filepath.Join(folder, "peer")
	for _, name := range []string{"sdk.go", p.folder + "/peer.go"} {
		source, err := sources.ReadFile("testdata/" + name)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, filepath.Base(name)), source, 0o600); err != nil {
			return err
		}
	}
	commands := [][]string{{"mod", "init", "peer"}, {"mod", "edit", "-require=go.opentelemetry.io/otel/sdk@" + sdk}}
	for module, name := range p.modules {
		if checkouts == "" {
			commands = append(commands, []string{"get", module + "@latest"})
			continue
		}
		checkout, err := filepath.Abs(filepath.Join(checkouts, name))
		if err != nil {
			return err
		}
		commands = append(commands, []string{"mod", "edit", "-require=" + module + "@v0.0.0", "-replace=" + module + "=" + checkout})
	}
	commands = append(commands, []string{"mod", "tidy"}, []string{"build", "-o", "peer", "."})
	for _, arguments := range commands {
		command := exec.CommandContext(ctx, "go", arguments...)
		command.Dir = folder
		command.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod")
		if out, err := command.CombinedOutput(); ctx.Err() != nil {
			return errors.New("it can't be built here: the module proxy didn't answer for two minutes")
		} else if err != nil {
			return fmt.Errorf("it can't be built here: go %s: %s", strings.Join(arguments[:2], " "), lastLine(string(out)))
		}
	}
	p.built = true
	p.version = version(folder, p.module)
	return nil
}

// version returns the version of a module of the proxy, and the commit of a checkout; "" if git doesn't know it.
func version(folder, module string) string {
	list := exec.CommandContext(context.Background(), "go", "list", "-m", "-f", "{{if .Replace}}{{.Replace.Dir}}{{else}}{{.Version}}{{end}}", module)
	list.Dir, list.Env = folder, append(os.Environ(), "GOWORK=off")
	out, err := list.Output()
	answer := strings.TrimSpace(string(out))
	if err != nil || !filepath.IsAbs(answer) {
		return answer
	}
	commit, _ := exec.CommandContext(context.Background(), "git", "-C", answer, "rev-parse", "--short", "HEAD").Output()
	return strings.TrimSpace(string(commit))
}

// Version returns which version was built.
func (p *Peer) Version() string { return p.version }

// Built reports whether it can be measured.
func (p *Peer) Built() bool { return p.built }

// Close removes what Build has made.
func (p *Peer) Close() error {
	if p.program == "" {
		return nil
	}
	return os.RemoveAll(filepath.Dir(p.program))
}

// Cost is nanoseconds of CPU time of a span, from its start until an output has had it that discards it,
// and its allocations: the SDK's and the peer's.
type Cost struct {
	Base, Peer             float64
	BaseAllocs, PeerAllocs int64
}

// Cost measures that many spans.
func (p *Peer) Cost(spans int) (Cost, error) {
	var c Cost
	err := p.run(&c, spans, "")
	return c, err
}

// Written returns how many of the spans of a producer that never pauses are in the peer's file in the end.
func (p *Peer) Written(spans int) (int, error) {
	folder, err := os.MkdirTemp("", "peer")
	if err != nil {
		return 0, err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	var r struct{ Written int }
	err = p.run(&r, spans, filepath.Join(folder, "trace.log"))
	return r.Written, err
}

func (p *Peer) run(result any, spans int, file string) error {
	command := exec.CommandContext(context.Background(), p.program)
	command.Dir = filepath.Dir(p.program)
	command.Env = append(os.Environ(), "PEER_SPANS="+strconv.Itoa(spans), "PEER_FILE="+file)
	var errs strings.Builder
	command.Stderr = &errs
	if err := command.Run(); err != nil {
		return fmt.Errorf("%w: %s", err, lastLine(errs.String()))
	}
	if err := json.Unmarshal([]byte(lastLine(errs.String())), result); err != nil {
		return errors.New("it printed no result: " + lastLine(errs.String()))
	}
	return nil
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}
