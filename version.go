package tracehook

// Version is the semantic version of this module's newest release, also between two releases. Spans of the
// hook name it as the version of their instrumentation scope.
const Version = "0.1.0"
