package storebench

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// duckdb runs statements in an empty database of two threads.
func duckdb(t *testing.T, statements ...string) { openDuckDB(t, statements...) }

// ownCPU is the processor time of this process.
func ownCPU() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// sizes adds up the files below a folder by the ends of their names.
func sizes(t *testing.T, dir string) map[string]int64 {
	t.Helper()
	out := map[string]int64{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			out[filepath.Ext(path)] += info.Size()
			out[""] += info.Size()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func list(paths []string) string { return "['" + strings.Join(paths, "', '") + "']" }

// parts are the files of a table below a data folder.
func parts(t *testing.T, data, table string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(data, "tables", "*", table, "*.parquet"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files of %s: %v", table, err)
	}
	return files
}
