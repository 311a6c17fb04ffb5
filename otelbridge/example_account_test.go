package otelbridge_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/tracehook/tracehook/otelbridge"
)

// The account of each connection, for a person: how many spans it was offered, and what became of them.
func ExampleBridge_Stats_account() {
	bridge, err := otelbridge.Open(context.Background(), "testdata/operate.toml")
	if err != nil {
		fmt.Println(err)
		return
	}
	account, _ := json.MarshalIndent(bridge.Stats().Connections, "", "  ")
	fmt.Fprintln(os.Stderr, string(account))

	fmt.Println(bridge.Shutdown(context.Background()))
	// Output: <nil>
}
