// Package web serves the user interface: the built pages are part of the binary, gzipped.
//
// It knows nothing of the API; the caller mounts both. `npm --prefix web/ui run build` fills web/dist, which is not
// committed; without it the package still compiles and serves a page that says how to build.
package web

import "embed"

//go:generate npm --prefix ui ci
//go:generate npm --prefix ui run build

//go:embed all:dist
var dist embed.FS
