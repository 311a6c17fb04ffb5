package encode

// SetProcess changes the value of the key "process".
func (e *YAML) SetProcess(name string) { e.process = name }
