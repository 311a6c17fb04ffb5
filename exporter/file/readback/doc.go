// Package readback reads the files that package file has written, across rotations,
// compressed or not, in all encodings. [Read] iterates over their records.
package readback
