package page

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // for the page
	"encoding/base64"
	"html"
	"net/http"
	"sync"
)

//go:embed page.html
var document []byte

//go:embed login.html
var loginDocument []byte

// policy is the Content-Security-Policy of every answer: the one script and the style sheets of our own
// documents and nothing else, no matter what a span holds. Text can't become HTML even by mistake.
//
//nolint:gochecknoglobals // computed once
var policy = sync.OnceValue(func() string {
	styles := hash(document, "style") + " " + hash(loginDocument, "style")
	return "default-src 'none'; script-src " + hash(document, "script") + "; style-src " + styles +
		"; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'" +
		"; require-trusted-types-for 'script'; trusted-types 'none'"
})

// hash is the source expression of what stands in the one element of that name.
func hash(document []byte, element string) string {
	_, rest, _ := bytes.Cut(document, []byte("<"+element+">"))
	inside, _, _ := bytes.Cut(rest, []byte("</"+element+">"))
	sum := sha256.Sum256(inside)
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

func (*handlers) page(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(document)
}

// loginPage asks for the token; problem is what was wrong, in words of ours.
func loginPage(problem string) []byte {
	return bytes.Replace(loginDocument, []byte("<!--problem-->"), []byte(html.EscapeString(problem)), 1)
}
