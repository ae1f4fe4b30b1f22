package apptest

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// browse runs a suite of web/e2e against the demo: each step by a headless browser, looked over for barriers by axe-core,
// with a picture in artefacts/e2e.
func browse(t *testing.T, d *Demo, suite string) {
	t.Helper()
	root := Root(t)
	if _, err := os.Stat(filepath.Join(root, "web", "ui", "node_modules")); err != nil {
		t.Skip("the web UI's npm packages are not installed; run: make test")
	}
	chromium, err := exec.LookPath("chromium-headless-shell")
	if err != nil {
		if chromium, err = exec.LookPath("chromium"); err != nil {
			t.Skip("no headless Chromium; run as root: apt-get install chromium-headless-shell")
		}
	}
	shots := filepath.Join(root, "artefacts", "e2e")
	if err := os.MkdirAll(shots, 0o755); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "npm", "run", "--silent", "e2e", "--", suite)
	cmd.Dir = filepath.Join(root, "web", "ui")
	cmd.Env = append(os.Environ(), "BASE_URL="+d.Portal, "SIGNIN_URL="+d.SignIn, "OUT="+shots, "CHROMIUM="+chromium,
		"SIM_CONTROL="+d.Info.Simulator.Control, "SIM_PORTAL="+d.Info.Simulator.Portal, "USER_NAME="+d.Info.Users[0].Name, "PASSWORD="+d.Info.Users[0].Password)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("the browser's suite %s: %v\n%s", suite, err, out)
	}
	t.Logf("%s", out)
}

// TestArticle follows the article from a fresh workspace to the last query in a browser: by mouse, and with nothing but a keyboard.
func TestArticle(t *testing.T) {
	if testing.Short() {
		t.Skip("starts servers")
	}
	for _, suite := range []string{"article", "article-keyboard"} {
		t.Run(suite, func(t *testing.T) {
			browse(t, StartDemo(t, "--fresh", "--speed", "5"), suite)
		})
	}
}

// TestSyncByButtons settles conflicts and refused edits by the buttons of an incident's page, and looks at the simulated
// tenant for what came of it.
func TestSyncByButtons(t *testing.T) {
	if testing.Short() {
		t.Skip("starts servers")
	}
	browse(t, StartDemo(t), "sync")
}
