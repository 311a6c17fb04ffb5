package delivery

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/tracehook/tracehook/setting"
)

// maxSecretFile bounds a file with a token or headers, in case a setting names the wrong file.
const maxSecretFile = 64 << 10

var errToken = errors.New("want one line with the token alone")

// ReadToken reads a token from a file: one line, the end of which may be missing. Errors don't show
// what is in the file.
func ReadToken(name string) (string, error) {
	data, err := readSecret(name)
	if err != nil {
		return "", err
	}
	token := strings.TrimSpace(data)
	switch {
	case token == "":
		return "", fmt.Errorf("%q is empty: %w", name, errToken)
	case strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }):
		return "", fmt.Errorf("%q has a line break, a space or a character in it that no token has: %w", name, errToken)
	}
	return token, nil
}

// ReadHeaders reads a file of headers, one "name: value" a line. Empty lines and those that begin
// with # don't count. Errors name the line and don't show what is in it.
func ReadHeaders(name string) (map[string]string, error) {
	data, err := readSecret(name)
	if err != nil {
		return nil, err
	}
	headers := make(map[string]string)
	lines := bufio.NewScanner(strings.NewReader(data))
	lines.Buffer(nil, maxSecretFile+1)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		key, value, ok := strings.Cut(line, ":")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		if !ok || key == "" || value == "" {
			return nil, fmt.Errorf("%q: line %d is not of the form name: value", name, n)
		}
		headers[key] = value
	}
	if len(headers) == 0 {
		return nil, fmt.Errorf("%q has no header: want lines of the form name: value", name)
	}
	return headers, lines.Err()
}

func readSecret(name string) (string, error) {
	info, err := os.Stat(name)
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() || info.Size() > maxSecretFile {
		return "", fmt.Errorf("%q is not a regular file of at most %d bytes", name, maxSecretFile)
	}
	data, err := os.ReadFile(name)
	return string(data), err
}

// CheckSecretFiles reads the settings token_file and headers_file, and reports files that can't be
// used.
func CheckSecretFiles(d *setting.Table, token, headers *string) {
	if *token = d.String("", "token_file"); *token != "" {
		if _, err := ReadToken(*token); err != nil {
			d.ProblemHere("token_file", "%v", err)
		}
	}
	if *headers = d.String("", "headers_file"); *headers != "" {
		if _, err := ReadHeaders(*headers); err != nil {
			d.ProblemHere("headers_file", "%v", err)
		}
	}
}
