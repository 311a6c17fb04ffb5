package config

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/tracehook/tracehook/setting"
)

// envInteger reads a whole number from the environment. An empty variable is an unset one,
// and a wrong one is ignored with a warning, as the specification says.
func (d *decoder) envInteger(variable string, least, greatest int) (int, bool) {
	text := strings.TrimSpace(d.env[variable])
	if text == "" {
		return 0, false
	}
	i, err := strconv.Atoi(text)
	if err != nil || i < least || i > greatest {
		d.warn(variable, fmt.Sprintf("is ignored: it must be a whole number from %d to %d", least, greatest))
		return 0, false
	}
	return i, true
}

// envBool reads true or false from the environment. Anything else is false with a warning, as
// the specification says.
func (d *decoder) envBool(variable string) bool {
	text := d.env[variable]
	on, ok := setting.Bool(text)
	if !ok && strings.TrimSpace(text) != "" {
		d.warn(variable, "is ignored: it must be true or false; false counts")
	}
	return on
}
