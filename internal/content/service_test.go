package content

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/meta"
)

func TestInstallAndRemove(t *testing.T) {
	db, err := meta.Open(t.Context(), filepath.Join(t.TempDir(), "state.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	s, err := New(t.Context(), db, "w", "other")
	if err != nil {
		t.Fatal(err)
	}
	told := 0
	s.Changed = func(ws string) { told++ }
	if len(s.Hunting("w")) != 0 || len(s.Functions("w")) != 0 {
		t.Error("a fresh workspace has content")
	}
	if _, _, err := s.Install(t.Context(), "w", "nothing", "ann"); fault.KindOf(err) != fault.NotFound || !strings.Contains(err.Error(), "defender-xdr") {
		t.Errorf("an unknown solution: %v", err)
	}
	_, text, err := s.Install(t.Context(), "w", "DEFENDER-xdr", "ann")
	if err != nil || !strings.Contains(text, "1 data connector, ") {
		t.Fatal(text, err)
	}
	if _, text, err := s.Install(t.Context(), "w", "defender-xdr", "bob"); err != nil || !strings.Contains(text, "already") || told != 1 {
		t.Errorf("again: %q %v, told %d times", text, err, told)
	}
	if len(s.Hunting("w")) < 15 || len(s.Workbooks("w")) != 2 || s.Functions("w")["LatestIncidents"] == "" || len(s.Hunting("other")) != 0 {
		t.Error("the solution's content is not where it should be")
	}

	// Another process reads what this one stored.
	again, err := New(t.Context(), db, "w")
	if err != nil {
		t.Fatal(err)
	}
	if p, ok := again.Installed("w", "defender-xdr"); !ok || p.InstalledBy != "ann" || p.InstalledAt.IsZero() {
		t.Errorf("after a restart: %+v %v", p, ok)
	}
	again.InUse = func(context.Context, string, []string) error { return errors.New("connected") }
	if _, _, err := again.Remove(t.Context(), "w", "defender-xdr"); err == nil {
		t.Error("removed while in use")
	}
	if _, text, err := s.Remove(t.Context(), "w", "defender-xdr"); err != nil || !strings.Contains(text, "stay") {
		t.Error(text, err)
	}
	if _, _, err := s.Remove(t.Context(), "w", "defender-xdr"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("removed twice: %v", err)
	}
	if _, err := s.Workbook("w", "defender-xdr-overview"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a workbook of a removed solution: %v", err)
	}
}
