package cli

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets the scripts run this test binary as vedette.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"vedette": func() {
		os.Exit(Run(context.Background(), Env{
			Args: os.Args[1:], Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Getenv: os.Getenv, Version: "test",
		}))
	}})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata/script", Cmds: map[string]func(*testscript.TestScript, bool, []string){"damage": damage}})
}

// damage flips a bit in the middle of each Parquet file below a folder.
func damage(ts *testscript.TestScript, _ bool, args []string) {
	n := 0
	ts.Check(filepath.WalkDir(ts.MkAbs(args[0]), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.Contains(filepath.Base(path), ".parquet") {
			return err
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		n++
		raw[len(raw)/2] ^= 4
		return os.WriteFile(path, raw, 0o600)
	}))
	if n == 0 {
		ts.Fatalf("there is nothing to damage in %s", args[0])
	}
}
