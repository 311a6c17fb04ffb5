// Package outlet is what the network drivers share: an exporter encodes spans, and its [Outlet]
// delivers, retries and spools them, and shuts down.
package outlet
