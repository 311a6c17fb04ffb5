// Package processortest has exporters that misbehave on purpose, and remember what they
// were given. Start with [New].
package processortest
