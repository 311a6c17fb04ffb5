// Package framework makes drivers of the framework's own kind into drivers of this module, without
// importing the framework.
package framework
