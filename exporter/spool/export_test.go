package spool

// File is what batches are written to.
type File = file

// Dir returns the directory of the connection.
func (s *Spool) Dir() string { return s.dir }

// Wrap makes s write through what f returns. Call it before s is used.
func Wrap(s *Spool, f func(File) File) {
	s.open = func(name string) (file, error) {
		made, err := create(name)
		if err != nil {
			return nil, err
		}
		return f(made), nil
	}
}

// SyncDir makes s call f instead of syncing its directory. Call it before s is used.
func SyncDir(s *Spool, f func(dir string) error) { s.syncDir = f }
