package otelbridge_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/otelbridge"
)

// A program that follows its configuration file: what changes is taken over while it runs.
func ExampleBridge_Reload_watch() {
	dir, err := os.MkdirTemp("", "trace")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	file := filepath.Join(dir, "trace.toml")
	write := func(sample string) {
		// A finished file is renamed over the old one, so that nobody reads half of it.
		if err := os.WriteFile(file+".new", []byte("[trace.count]\ndriver = 'none'\nsample = "+sample+"\n"), 0o600); err == nil {
			_ = os.Rename(file+".new", file)
		}
	}
	write("1")
	reloaded := make(chan struct{})
	if err := serve(file, reloaded, write); err != nil {
		fmt.Println(err)
	}
	// Output:
	// at first 1
	// now 0.5
}

func serve(path string, reloaded chan struct{}, write func(sample string)) error {
	ctx := context.Background()
	cfg, err := config.Load(path)
	if err != nil {
		return err
	}
	bridge, err := otelbridge.New(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { _ = bridge.Shutdown(context.WithoutCancel(ctx)) }()
	stop, err := config.Watch(ctx, path, func(next config.Config, err error) {
		if err != nil {
			slog.Error("the configuration is wrong, the old one stays", "error", err)
			return
		}
		_ = bridge.Reload(ctx, next) // what it refuses is in the log and in bridge.Stats()
		close(reloaded)
	}, config.WithCurrent(cfg))
	if err != nil {
		return err
	}
	defer stop() // before bridge.Shutdown

	fmt.Println("at first", bridge.Explain("db.query", "")[0].Probability)
	write("0.5")
	<-reloaded
	fmt.Println("now", bridge.Explain("db.query", "")[0].Probability)
	return nil
}
