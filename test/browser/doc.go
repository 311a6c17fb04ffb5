// Package browser tests the live page in a real Chromium. It is a module of its own, so that
// nobody who uses tracehook gets a browser driver.
package browser
