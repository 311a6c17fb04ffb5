// Package safefile opens files in directories that other users may be able to write to.
//
// A file is opened without following a symbolic link and without waiting for the other end
// of a pipe. After it was opened it has to be a regular file with one name that belongs to
// this process's user or to root; else it is closed untouched, and the error says what to
// do. A file is made under a name that nobody has.
//
// [CheckDirectory] says whether other users could replace a directory or what is above it,
// which no check of the file itself would notice. Systems other than Unix have neither
// owners nor links of that kind: there, only the type of a file is checked.
package safefile
