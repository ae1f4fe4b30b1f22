package simtenant

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// reference reads a file of the reference folder that lies beside the checkout, or skips the test.
func reference(t *testing.T, name string, v any) {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		for _, path := range []string{filepath.Join(dir, "..", "shared", "reference", name), filepath.Join(dir, "shared", "reference", name)} {
			b, err := os.ReadFile(path)
			if err != nil {
				continue
			}
			if err := json.Unmarshal(b, v); err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			return
		}
	}
	t.Skipf("the reference file %s is not beside this checkout", name)
}
