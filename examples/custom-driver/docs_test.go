package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Every block of docs/write-a-driver.md is a part of this program, its tests, its configuration or
// what it prints.
func TestTheDocumentIsThisProgram(t *testing.T) {
	t.Parallel()
	read := func(path string) string {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return strings.ReplaceAll(string(content), "\r\n", "\n")
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var code strings.Builder
	for _, file := range files {
		code.WriteString(read(file))
	}
	printed, err := exec.CommandContext(t.Context(), "go", "run", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	is := map[string]string{"go": code.String(), "toml": traceTOML, "text": string(printed)}
	blocks := map[string]int{}
	for i, part := range strings.Split(read("../../docs/write-a-driver.md"), "```") {
		if i%2 == 0 {
			continue
		}
		language, block, _ := strings.Cut(part, "\n")
		blocks[language]++
		if !strings.Contains(is[language], block) {
			t.Errorf("this block isn't here:\n%s", part)
		}
	}
	if blocks["go"] < 8 || blocks["toml"] != 1 || blocks["text"] != 1 {
		t.Errorf("the document has %v", blocks)
	}
}
