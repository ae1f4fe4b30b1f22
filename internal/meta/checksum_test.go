package meta

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/meta/pagesum"
)

// TestAStateWithoutChecksumsGetsThem opens a state that an earlier version wrote and did not close, of which half is in the log.
func TestAStateWithoutChecksumsGetsThem(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "state.db")
	db, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	id, err := db.NodeID(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	// The earlier version: pages without room for a checksum, the platform's own files.
	old := filepath.Join(dir, "old.db")
	dropReserve(t, path, old)
	earlier, err := sql.Open("sqlite", "file:"+old+"?_pragma=journal_mode(WAL)")
	if err != nil {
		t.Fatal(err)
	}
	defer earlier.Close()
	if _, err := earlier.Exec("CREATE TABLE more (a TEXT); INSERT INTO more VALUES ('in the log')"); err != nil {
		t.Fatal(err)
	}
	killed := filepath.Join(t.TempDir(), "state.db")
	for _, s := range []string{"", "-wal"} {
		raw, err := os.ReadFile(old + s)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(killed+s, raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(killed+".new", []byte("what an earlier try left"), 0o600); err != nil {
		t.Fatal(err)
	}

	db, err = Open(t.Context(), killed)
	if err != nil {
		t.Fatal(err)
	}
	var got string
	if err := db.Read().NewRaw("SELECT a FROM more").Scan(t.Context(), &got); err != nil || got != "in the log" {
		t.Errorf("got %q, %v", got, err)
	}
	if again, err := db.NodeID(t.Context()); err != nil || again != id {
		t.Errorf("the id is %q, %v; want %q", again, err, id)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if kept, err := pagesum.Check(killed); !kept || err != nil {
		t.Errorf("checksums %v, %v", kept, err)
	}
	if st, err := os.Stat(killed); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", st.Mode(), err)
	}
}

// dropReserve copies the rows of a database into one whose pages have no room for checksums.
func dropReserve(t *testing.T, from, to string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+to)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.Exec("ATTACH ? AS f", from); err != nil {
		t.Fatal(err)
	}
	rows, err := db.Query("SELECT type, name, sql FROM f.sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY type DESC")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var make, fill []string
	for rows.Next() {
		var kind, name, text string
		if err := rows.Scan(&kind, &name, &text); err != nil {
			t.Fatal(err)
		}
		make = append(make, text)
		if kind == "table" {
			fill = append(fill, "INSERT INTO "+name+" SELECT * FROM f."+name)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	for _, s := range append(make, fill...) {
		if _, err := db.Exec(s); err != nil {
			t.Fatal(s, err)
		}
	}
}

// TestAFlippedBitOfTheStateIsNamed flips a bit of each page: a running server's reads tell once, its check names the page, and a start refuses.
func TestAFlippedBitOfTheStateIsNamed(t *testing.T) {
	path, raw := closedState(t)
	db, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	for at := 4096 + 500; at < len(raw); at += 4096 {
		raw[at] ^= 4
	}
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	var told []error
	db.OnDamage(func(err error) { told = append(told, err) })
	for range 2 {
		if _, err := db.Load(t.Context()); !damaged(err) {
			t.Errorf("a read gave %v", err)
		}
	}
	if len(told) != 1 || !damaged(told[0]) {
		t.Errorf("told %v", told)
	}
	if problems, err := db.Check(t.Context()); len(problems) == 0 && !damaged(err) {
		t.Errorf("the check finds %v, %v", problems, err)
	}
	other, err := Open(t.Context(), path)
	if err == nil {
		t.Fatal("it opens", other.Close())
	}
	if fault.CodeOf(err) != "state_damaged" || fault.Retryable(err) || !strings.Contains(err.Error(), "page 2 of ") {
		t.Error(err)
	}
}
