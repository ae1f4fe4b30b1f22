package pagesum_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// TestReadsFindDamage flips a bit in every page of a database, and in every frame of a log, that another connection has open: the whole is
// never read as if nothing had happened.
func TestReadsFindDamage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	for _, file := range []string{"", "-wal"} {
		db := open(t, path, "wal_autocheckpoint(0)")
		if file == "" {
			fill(t, db, 60)
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			db = open(t, path, "wal_autocheckpoint(0)")
		} else {
			exec(t, db, "UPDATE t SET a = 'again ' || a, b = randomblob(length(b))")
		}
		var n int
		if err := db.QueryRow("SELECT count(*) FROM t").Scan(&n); err != nil {
			t.Fatal(err)
		}
		st, err := os.Stat(path + file)
		if err != nil {
			t.Fatal(err)
		}
		step, begin := int64(pageSize), int64(0)
		if file == "-wal" {
			step, begin = frameSize, 32+24
		}
		bad, read := 0, 0
		for at := begin; at < st.Size(); at += step {
			undo := flip(t, path+file, at+1000, 5)
			reader := open(t, path, "wal_autocheckpoint(0)", "query_only(1)")
			var sum int64
			err := reader.QueryRow("SELECT sum(length(a)) + sum(length(hex(b))) FROM t NOT INDEXED").Scan(&sum)
			undo()
			reader.Close()
			read++
			if damaged(err) {
				bad++
			} else if err != nil {
				t.Errorf("%s at %d: %v", file, at, err)
			}
		}
		// The others are pages that the query does not read: of the index, free, or replaced by a later frame.
		t.Logf("%q: %d of %d flips met by a read of the table", file, bad, read)
		if bad < read/3 {
			t.Errorf("%q: only %d of %d flips were met", file, bad, read)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestNoFalseAlarm writes pages into the log again and again within transactions that do not fit into memory, reads them back meanwhile, rolls some back, and
// checkpoints in between.
func TestNoFalseAlarm(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	db := open(t, path, "cache_size(10)", "wal_autocheckpoint(50)")
	fill(t, db, 100)
	rng := seeded(t)
	for range 20 {
		tx, err := db.BeginTx(context.Background(), nil)
		if err != nil {
			t.Fatal(err)
		}
		for range 1 + rng.IntN(30) {
			var text string
			var args []any
			switch rng.IntN(4) {
			case 0:
				text, args = "UPDATE t SET b = randomblob(length(b)) WHERE id % 7 = ?", []any{rng.IntN(7)}
			case 1:
				text, args = "INSERT OR REPLACE INTO t VALUES (?, ?, randomblob(?))", []any{rng.IntN(300), fmt.Sprint("new ", rng.IntN(1000)), rng.IntN(9000)}
			case 2:
				text, args = "DELETE FROM t WHERE id = ?", []any{rng.IntN(300)}
			default:
				var n int
				if err := tx.QueryRow("SELECT count(*) + sum(length(hex(b))) FROM t NOT INDEXED").Scan(&n); err != nil {
					t.Fatal(err)
				}
				continue
			}
			if _, err := tx.Exec(text, args...); err != nil {
				t.Fatal(err)
			}
			if rng.IntN(8) == 0 {
				for _, s := range []string{"SAVEPOINT a", "UPDATE t SET b = randomblob(1 + length(b))", "ROLLBACK TO a", "RELEASE a"} {
					if _, err := tx.Exec(s); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		end := tx.Commit
		if rng.IntN(3) == 0 {
			end = tx.Rollback
		}
		if err := end(); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range []string{"VACUUM", "REINDEX"} {
		exec(t, db, s)
	}
	var ok string
	if err := db.QueryRow("PRAGMA integrity_check").Scan(&ok); err != nil || ok != "ok" {
		t.Fatal(ok, err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := check(t, path); err != nil {
		t.Fatal(err)
	}
}

// TestCopiesKeepChecksums copies with VACUUM INTO.
func TestCopiesKeepChecksums(t *testing.T) {
	dir := t.TempDir()
	db := open(t, filepath.Join(dir, "state.db"))
	fill(t, db, 100)
	to := filepath.Join(dir, "copy.db")
	exec(t, db, "VACUUM INTO ?", to)
	if err := check(t, to); err != nil {
		t.Fatal(err)
	}
}
