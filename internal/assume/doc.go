// Package assume lists what Vedette takes for granted about Microsoft Graph and Defender XDR beyond what their documents
// promise, and tests it against a tenant without changing anything there.
//
// The list is the one source: docs/assumptions.md is written from it, and the simulated tenant is held to it by a test. An
// assumption that only a change could test says so.
package assume
