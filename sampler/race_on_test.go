//go:build race

package sampler_test

// scale divides the number of traces in statistical tests: the race detector makes each
// ten times slower.
const scale = 20
