//go:build !unix

package store_test

// childMain reports whether this process is a child that is to be killed; here there are none.
func childMain() bool { return false }
