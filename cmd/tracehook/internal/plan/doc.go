// Package plan replays recorded spans through a configuration and says what its connections would
// have kept of them.
//
// The spans go through a Bridge like any others: a TracerProvider begins and ends them anew, in the
// order and, for limits and the wait for whole traces, at the times of the recording. Nothing is
// opened or sent. Queues are never full, so that the dynamic factor is 1.
package plan
