package tracehook

// Version is the semantic version of this module. Between two releases it is that of the next one.
const Version = "0.1.0"
