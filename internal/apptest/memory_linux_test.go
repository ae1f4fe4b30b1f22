package apptest

import (
	"os"
	"syscall"
	"testing"
)

// roomInMemory is what must be free in memory for a test to put its folders there: more than what intake leaves free on a disk.
const roomInMemory = 1 << 30

// memoryDir returns a folder of the test in memory where there is room: what fsync costs is not what these tests are about. In containers
// the memory for files is often smaller than what intake wants free.
func memoryDir(t *testing.T) string {
	t.Helper()
	const memory = "/dev/shm"
	var st syscall.Statfs_t
	if err := syscall.Statfs(memory, &st); err != nil || int64(st.Bavail)*st.Bsize < roomInMemory {
		return t.TempDir()
	}
	dir, err := os.MkdirTemp(memory, "vedette-test-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}
