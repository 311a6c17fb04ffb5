package setting_test

import (
	"fmt"
	"time"

	"github.com/tracehook/tracehook/setting"
)

func ExampleTable() {
	source := setting.NewSource("trace.toml")
	source.SetLine("trace.mine.setting.hots", 4, 1)
	source.SetLine("trace.mine.setting.wait", 5, 1)
	table := source.Table("trace.mine.setting", map[string]any{"hots": "db", "wait": "1d"})

	host := table.String("127.0.0.1", "host")
	wait := table.Duration(time.Second, 0, "wait")
	fmt.Println(host, wait)
	fmt.Println(table.Err())
	// Output:
	// 127.0.0.1 24h0m0s
	// trace.toml:4:1: trace.mine.setting.hots: unknown key, did you mean "host"?
}
