//go:build !linux

package apptest

import "testing"

// memoryDir returns a folder of the test.
func memoryDir(t *testing.T) string {
	t.Helper()
	return t.TempDir()
}
