// Package query is the language in which people ask for spans: on the live page, in its API
// and on the command line.
//
//	status:error duration:>100ms service:shop @http.route:/login -name:health "free text"
//
// All terms must match. OR between two terms makes one of them enough, parentheses group, and a
// minus in front of a term or group turns it around.
//
//   - A word or a text in quotes is looked for, without regard to case, in the name, service,
//     target, status message, ids, attribute values and events of a span.
//   - FIELD:VALUE compares one field: name, service, kind, status, message, target, event, trace,
//     span, parent, duration, start, end, and is:root. Name and message have to contain the value,
//     trace, span and parent to begin with it; the others are equal to it. status:error is every
//     status but ok.
//   - @KEY:VALUE compares the attribute KEY of the span, of its resource or of one of its events;
//     @KEY alone asks whether there is one. Of a list one element is enough; @a.b also reaches into
//     a map a.
//   - A star in a value without quotes stands for any text, and the whole has to match then.
//   - FIELD:=VALUE is equal, FIELD:~VALUE contains; >, >=, < and <= compare durations (100ms, 1.5s;
//     a bare number is milliseconds), times (2026-03-04, 2026-03-04T05:06:07Z) and the numbers of
//     attributes.
//
// [Parse] compiles a query; a [Matcher] asks it about one [Span] after the other. The time that a
// match takes is linear in the size of the span for each of the at most [MaxTerms] terms.
package query
