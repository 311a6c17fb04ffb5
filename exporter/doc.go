// Package exporter is the contract between a connection and its driver: what a driver is
// ([Driver]), what it is given ([Settings]), and how it reports a wrong setting ([KeyError]).
//
// Each driver has a package of its own below this one, with an exported constructor that
// works without a configuration file. What drivers share has packages, too: encode turns spans
// into bytes, delivery sends them, spool keeps on disk what can't be delivered, and tree draws
// traces for a terminal.
package exporter
