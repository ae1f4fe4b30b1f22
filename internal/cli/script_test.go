package cli

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

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
	testscript.Run(t, testscript.Params{Dir: "testdata/script", Cmds: map[string]func(*testscript.TestScript, bool, []string){"damage": damage, "answer": answer}})
}

// answer starts a server with the answers of a JSON file, by "METHOD path" below the workspace, and signs in to it: $URL is
// its address. "asked" is written as the requests come, one a line.
func answer(ts *testscript.TestScript, _ bool, args []string) {
	var answers map[string]json.RawMessage
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &answers))
	asked, err := os.Create(ts.MkAbs("asked"))
	ts.Check(err)
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the command has gone
		}
		ask := r.Method + " " + strings.TrimPrefix(r.URL.RequestURI(), "/api/w/soc")
		fmt.Fprintln(asked, strings.TrimSpace(ask+" "+string(body)))
		if a, ok := answers[ask]; ok {
			_, _ = w.Write(a) // likewise
			return
		}
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"error":{"code":"incident_not_found","message":"There is no such incident."}}`)
	}))
	ts.Defer(func() { srv.Close(); ts.Check(asked.Close()) })
	ca := ts.MkAbs("ca.pem")
	ts.Check(os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw}), 0o600))
	logins, err := json.Marshal(map[string]login{srv.URL: {Token: "t", Expires: time.Now().Add(time.Hour), CAFile: ca}})
	ts.Check(err)
	ts.Check(os.MkdirAll(ts.MkAbs("vedette"), 0o700))
	ts.Check(os.WriteFile(ts.MkAbs("vedette/logins.json"), logins, 0o600))
	ts.Setenv("XDG_CONFIG_HOME", ts.MkAbs("."))
	ts.Setenv("URL", srv.URL)
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
