//go:build !race

package sampler_test

const scale = 1
