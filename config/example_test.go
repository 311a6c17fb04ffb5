package config_test

import (
	"fmt"

	"github.com/tracehook/tracehook/config"
)

func ExampleParse() {
	cfg, err := config.Parse([]byte(`
		[trace.console]
		json = true

		[trace.file]
		driver = "file"
		buffer = 4096
		[trace.file.sample]
		rate = 0.1
		rules = [ { name = "http:*", sample = 0.5 } ]
	`), "toml")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, c := range cfg.Connections {
		fmt.Println(c.Name, c.Driver, c.Buffer, c.Timeout, c.Sample.Rate, len(c.Sample.Rules))
	}
	// Output:
	// console default 1024 200ms 1 0
	// file file 4096 200ms 0.1 1
}

func ExampleProblems() {
	_, err := config.Parse([]byte("[trace.file]\nbufer = 10\n[trace.file.sample]\nrate = 1.5\n"), "toml",
		config.WithFile("trace.toml"))
	fmt.Println(err)
	// Output:
	// trace.toml:2:1: trace.file.bufer: unknown key, did you mean "buffer"?
	// trace.toml:4:1: trace.file.sample.rate: 1.5 is outside 0..1
}
