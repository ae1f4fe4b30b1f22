package meta

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/vedette-siem/vedette/internal/fault"
)

func TestPreferencesArePersonal(t *testing.T) {
	db, err := Open(t.Context(), filepath.Join(t.TempDir(), "state.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	put := func(person, value string) {
		t.Helper()
		if err := db.PutPreference(t.Context(), "w", person, "incidents.views", json.RawMessage(value)); err != nil {
			t.Fatal(err)
		}
	}
	want := func(person, value string) {
		t.Helper()
		if got, err := db.Preference(t.Context(), "w", person, "incidents.views"); err != nil || string(got) != value {
			t.Errorf("%s has %q (%v), want %q", person, got, err, value)
		}
	}
	want("ana", "")
	put("ana", `[1]`)
	put("bob", `[2]`)
	put("ana", `[1,3]`)
	want("ana", `[1,3]`)
	want("bob", `[2]`)
	put("ana", "null")
	want("ana", "")
	want("bob", `[2]`)
	for i := range mostPreferences - 1 {
		if err := db.PutPreference(t.Context(), "w", "bob", fmt.Sprint("k", i), json.RawMessage("1")); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.PutPreference(t.Context(), "w", "bob", "more", json.RawMessage("1")); fault.CodeOf(err) != "too_many_preferences" {
		t.Errorf("one too many: %v", err)
	}
	put("bob", `[4]`) // one that is there may change
	want("bob", `[4]`)
}
