package detectors_test

import (
	"fmt"

	"github.com/tracehook/tracehook/otelbridge/detectors"
)

func Example() {
	res, err := detectors.Find("process")
	if err != nil {
		fmt.Println(err)
		return
	}
	_, found := res.Set().Value("process.pid")
	fmt.Println(detectors.Names(), found)
	// Output: [container host k8s os process service] true
}
