//go:build !linux

package file

// RenameNew replaces nothing.
func (osFS) RenameNew(from, to string) error { return renameByPlaceholder(from, to) }
