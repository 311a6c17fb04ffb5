package readback

// Logs returns the paths of the logs in a directory, in the order of their names: what [Read] would
// read of it, one after the other. A log whose active file is missing has its path all the same.
func Logs(dir string) ([]string, error) {
	logs, err := findAll(dir)
	if err != nil {
		return nil, err
	}
	paths := make([]string, len(logs))
	for i := range logs {
		paths[i] = logs[i].Active()
	}
	return paths, nil
}
