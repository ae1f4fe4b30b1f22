package simtenant

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

// installed returns a folder with the packages of testdata/graphclient, from the user's cache when they are there.
func installed(t *testing.T) string {
	t.Helper()
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("node is not installed")
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Skip(err)
	}
	dir := filepath.Join(cache, "vedette", "graphclient")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	fresh := true
	for _, name := range []string{"package.json", "package-lock.json", "read.mjs"} {
		b, err := os.ReadFile(filepath.Join("testdata", "graphclient", name))
		if err != nil {
			t.Fatal(err)
		}
		old, err := os.ReadFile(filepath.Join(dir, name))
		if name != "read.mjs" && (err != nil || string(old) != string(b)) {
			fresh = false
		}
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "node_modules")); err == nil && fresh {
		return dir
	}
	c := exec.CommandContext(t.Context(), "npm", "ci", "--no-audit", "--no-fund")
	c.Dir = dir
	if out, err := c.CombinedOutput(); err != nil {
		t.Skipf("the Graph client cannot be installed: %v\n%s", err, out)
	}
	return dir
}

func TestTheOfficialJavaScriptClientReadsTheTenant(t *testing.T) {
	t.Parallel()
	dir := installed(t)
	s := quiet(t)
	truth := s.json(200, "GET", s.Control+"/truth", "")
	c := exec.CommandContext(t.Context(), "node", "read.mjs", s.Graph, s.tok)
	c.Dir = dir
	c.Env = append(os.Environ(), "NODE_EXTRA_CA_CERTS="+s.CAFile)
	c.Stderr = os.Stderr
	out, err := c.Output()
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		IDs              []string `json:"ids"`
		Open             string   `json:"open"`
		Alerts, Expanded int
		Patched          object
		Comments         []object
		Hunt             []object
		Missing          object
	}
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	slices.Sort(got.IDs)
	if unique := slices.Compact(slices.Clone(got.IDs)); len(unique) != len(got.IDs) || len(unique) != len(truth["incidents"].([]any)) {
		t.Errorf("%d incidents, %d different ones, want %d", len(got.IDs), len(unique), len(truth["incidents"].([]any)))
	}
	if got.Alerts == 0 || got.Alerts != got.Expanded {
		t.Errorf("%d alerts by filter, %d by expand", got.Alerts, got.Expanded)
	}
	if got.Patched["status"] != "resolved" || got.Patched["determination"] != "phishing" || got.Patched["id"] != got.Open {
		t.Errorf("patched: %v", got.Patched)
	}
	if n := len(got.Comments); n == 0 || got.Comments[n-1]["comment"] != "from js" {
		t.Errorf("comments: %v", got.Comments)
	}
	if len(got.Hunt) != 1 || got.Missing["status"] != 404.0 {
		t.Errorf("hunting %v, missing %v", got.Hunt, got.Missing)
	}
}
