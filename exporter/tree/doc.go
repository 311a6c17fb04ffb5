// Package tree draws traces for people: each span on a line below its parent, with its
// duration, a bar that shows when it ran, its status and the attributes that matter.
//
// [Style.Append] draws the spans of one trace. [Collector] gathers spans as they end and says
// which traces are ready to be drawn.
//
// # When a trace is ready
//
// A span ends after the children that it waits for, so a trace is ready at the end of the
// batch in which its local root came: the span without a parent, or with one in another
// process. It is drawn at once, and says how many children its spans had started that
// aren't there: they are still open, or they were not sampled. If some of them come later,
// they are drawn as the continuation of the trace. A trace whose root doesn't come is
// drawn as far as it is known after 10 seconds ([Collector.Due] says when), when more than
// 10,000 spans wait, and at the end. So memory is bounded, and every span is drawn exactly
// once, alone or in the line of equal siblings that are folded ([Style.Full] draws them all).
package tree
