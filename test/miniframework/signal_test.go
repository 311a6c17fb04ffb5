package miniframework_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tracehook/tracehook/otelbridge"
	"github.com/tracehook/tracehook/test/miniframework"
)

// server is the framework's HTTP module: it is closed last, when what it serves has been served.
type server struct {
	*http.Server
	listener net.Listener
}

func (server) Register(string, any)     {}
func (server) Config(miniframework.Map) {}
func (server) Setup()                   {}
func (server) Open()                    {}
func (s server) Start()                 { go func() { _ = s.Serve(s.listener) }() }
func (server) Stop()                    {}
func (s server) Close()                 { _ = s.Shutdown(context.Background()) }

// program is what the test runs as a process of its own: an application whose trace module is mounted
// last, as main does, and so is closed first.
func program(section string) {
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err) //nolint:forbidigo // a program
		return
	}
	f := miniframework.New(miniframework.NewerGeneration)
	miniframework.Register(f)
	f.Mount(server{&http.Server{Handler: f, ReadHeaderTimeout: time.Minute}, listener})
	m := otelbridge.NewModule[*miniframework.Meta[miniframework.Newer], miniframework.Newer](
		otelbridge.WithLogger(slog.New(slog.NewTextHandler(os.Stdout, nil))))
	f.Mount(m)
	var trace miniframework.Map
	if err := json.Unmarshal([]byte(section), &trace); err != nil {
		fmt.Println(err) //nolint:forbidigo // a program
		return
	}
	f.Config(trace)
	stop, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer cancel()
	f.Start()
	fmt.Println("address", listener.Addr()) //nolint:forbidigo // a program
	<-stop.Done()
	begin := time.Now()
	f.Stop()
	fmt.Println("stopped", time.Since(begin).Milliseconds(), m.Err()) //nolint:forbidigo // a program
}

// started is a program that runs.
type started struct {
	*exec.Cmd
	address string
	out     *bufio.Scanner
}

func startProgram(t *testing.T, config miniframework.Map) *started {
	t.Helper()
	text, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	s := &started{Cmd: exec.CommandContext(t.Context(), exe)}
	s.Env = append(os.Environ(), "MINIFRAMEWORK_TRACE="+string(text))
	pipe, err := s.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	s.out = bufio.NewScanner(pipe)
	s.address = s.line(t, "address ")
	return s
}

// line reads until a line that begins so, and returns the rest of it.
func (s *started) line(t *testing.T, begin string) string {
	t.Helper()
	var all []string
	for s.out.Scan() {
		if rest, ok := strings.CutPrefix(s.out.Text(), begin); ok {
			return rest
		}
		all = append(all, s.out.Text())
	}
	t.Fatalf("the program said %q, and not %q", all, begin)
	return ""
}

// A request of a second and a half is under way when the signal comes: its spans are in the file.
func TestSpansOfARequestThatIsUnderWayAtSIGTERM(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := startProgram(t, miniframework.Map{"trace": miniframework.Map{"driver": "file", "setting": miniframework.Map{"store": dir, "output": "trace.log"}}})
	answer := make(chan error, 1)
	go func() {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+p.address+"/slow", http.NoBody)
		if err == nil {
			var resp *http.Response
			if resp, err = http.DefaultClient.Do(r); err == nil {
				err = resp.Body.Close()
			}
		}
		answer <- err
	}()
	p.line(t, "slow has begun")
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	said := p.line(t, "stopped ")
	if err := <-answer; err != nil {
		t.Error(err)
	}
	if err := p.Wait(); err != nil {
		t.Error(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, "trace.log"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"http:slow", "method:math.add", "trigger:stop"} {
		if !strings.Contains(string(data), name) {
			t.Errorf("%s isn't in the file:\n%s", name, data)
		}
	}
	if !strings.HasSuffix(said, "<nil>") {
		t.Errorf("the program said it stopped after %s", said)
	}
}

// With an endpoint where nobody answers, the end takes the configured limit at most.
func TestStopWithADeadEndpoint(t *testing.T) {
	t.Parallel()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0") // the kernel accepts, nobody reads
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	p := startProgram(t, miniframework.Map{
		"trace": miniframework.Map{"driver": "otlp", "setting": miniframework.Map{"endpoint": "http://" + listener.Addr().String()}},
		"otel":  miniframework.Map{"shutdown_timeout": "2s"},
	})
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	said := p.line(t, "stopped ")
	var took int
	if _, err := fmt.Sscan(said, &took); err != nil {
		t.Fatal(err)
	}
	t.Logf("it took %d ms", took)
	// Wide, because machines are busy. Without the limit it is half a minute.
	if took > 8000 || !strings.Contains(said, "4 spans") {
		t.Errorf("it stopped after %s, want 2 s, and its 4 spans", said)
	}
	if err := p.Wait(); err != nil {
		t.Error(err)
	}
}
