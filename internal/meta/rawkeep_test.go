package meta

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vedette-siem/vedette/internal/model"
)

// The choice is kept per workspace; the last one counts.
func TestRawKeep(t *testing.T) {
	db := openTest(t)
	if _, chosen, err := db.RawKeep(t.Context(), "w"); chosen || err != nil {
		t.Errorf("at first: %t, %v", chosen, err)
	}
	want := model.RawKeep{Days: 3, MaxBytes: 1 << 30, ChangedBy: "ann", ChangedAt: time.Date(2026, 7, 18, 12, 0, 0, 0, time.UTC)}
	for _, k := range []model.RawKeep{{Days: 9, ChangedBy: "bob", ChangedAt: want.ChangedAt}, want} {
		if err := db.SaveRawKeep(t.Context(), "w", k); err != nil {
			t.Fatal(err)
		}
	}
	got, chosen, err := db.RawKeep(t.Context(), "w")
	if err != nil || !chosen {
		t.Fatalf("%t, %v", chosen, err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, chosen, _ := db.RawKeep(t.Context(), "other"); chosen {
		t.Error("another workspace has it, too")
	}
}
