// Package debugged has the formats of Zipkin ([B3]) and Jaeger ([Jaeger]), whose callers can ask for
// more than a sampled flag says: to keep the whole trace, or to decide about it.
package debugged
