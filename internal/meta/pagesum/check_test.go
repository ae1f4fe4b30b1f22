package pagesum_test

import (
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"modernc.org/sqlite"

	"github.com/vedette-siem/vedette/internal/meta/pagesum"
)

const (
	pageSize  = 4096
	frameSize = 24 + pageSize
)

// open opens a database that keeps checksums.
func open(t *testing.T, path string, pragmas ...string) *sql.DB {
	t.Helper()
	if err := pagesum.Register(); err != nil {
		t.Fatal(err)
	}
	q := url.Values{"vfs": {pagesum.VFS}, "_pragma": append([]string{pagesum.Pragma, "journal_mode(WAL)", "synchronous(FULL)"}, pragmas...)}
	u := url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: q.Encode()}
	db, err := sql.Open("sqlite", u.String())
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { db.Close() })
	return db
}

func exec(t *testing.T, db *sql.DB, text string, args ...any) {
	t.Helper()
	if _, err := db.Exec(text, args...); err != nil {
		t.Fatal(err)
	}
}

// fill makes rows of all sizes, with overflow pages, an index and pages that are free again.
func fill(t *testing.T, db *sql.DB, rows int) {
	t.Helper()
	exec(t, db, "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b BLOB)")
	exec(t, db, "CREATE INDEX ta ON t (a)")
	for i := range rows {
		exec(t, db, "INSERT INTO t VALUES (?, ?, randomblob(?))", i, fmt.Sprint("row ", i), 1+(i*i*37)%9000)
	}
	exec(t, db, "DELETE FROM t WHERE id % 5 = 0")
}

func check(t *testing.T, path string) error {
	t.Helper()
	kept, err := pagesum.Check(path)
	if !kept && err == nil {
		t.Error("the pages have no checksums")
	}
	return err
}

// flip changes one bit of a file, and returns what puts it back.
func flip(t *testing.T, path string, offset int64, bit int) (undo func()) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	var b [1]byte
	change := func() {
		_, err := f.ReadAt(b[:], offset)
		b[0] ^= 1 << bit
		_, err2 := f.WriteAt(b[:], offset)
		if err := errors.Join(err, err2); err != nil {
			t.Fatal(err)
		}
	}
	change()
	return func() {
		change()
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func seeded(t *testing.T) *rand.Rand {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// TestEveryFlipInADatabaseIsFound flips 1,000 random bits of a database that was closed, one at a time, and each of the first hundred bytes.
func TestEveryFlipInADatabaseIsFound(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	db := open(t, path)
	fill(t, db, 60)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := check(t, path); err != nil {
		t.Fatal(err)
	}
	st, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	rng := seeded(t)
	for i := range 1800 {
		at, bit := rng.Int64N(st.Size()), rng.IntN(8)
		if i < 800 {
			at, bit = int64(i/8), i%8
		}
		undo := flip(t, path, at, bit)
		if err := check(t, path); !errors.Is(err, pagesum.ErrDamaged) {
			t.Errorf("bit %d of byte %d: %v", bit, at, err)
		}
		undo()
	}
	if err := os.Truncate(path, st.Size()-pageSize); err != nil {
		t.Fatal(err)
	}
	if err := check(t, path); !errors.Is(err, pagesum.ErrDamaged) {
		t.Errorf("a page is missing: %v", err)
	}
}

// TestFlipsInALog flips 1,000 random bits of the log that a killed process left. All are found but those of the last transaction and of the frame before it, which look
// like one that was cut short, and some of a counter in the log's beginning; what is not found leaves the rows before that.
func TestFlipsInALog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	db := open(t, path, "wal_autocheckpoint(0)")
	fill(t, db, 60)
	before, err := os.ReadFile(path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	exec(t, db, "INSERT INTO t VALUES (9999, 'the last', randomblob(100))")
	killed := filepath.Join(t.TempDir(), "state.db")
	for _, s := range []string{"", "-wal"} {
		raw, err := os.ReadFile(path + s)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(killed+s, raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := check(t, killed); err != nil {
		t.Fatal(err)
	}
	st, err := os.Stat(killed + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	last := int64(len(before)) // where the last transaction begins
	if st.Size() <= last {
		t.Fatalf("the last transaction made the log no longer than %d", last)
	}
	rng := seeded(t)
	found, missed := 0, 0
	for i := range 1000 + 32*8 {
		at, bit := rng.Int64N(st.Size()), rng.IntN(8)
		if i >= 1000 {
			at, bit = int64(i-1000)/8, i%8
		}
		undo := flip(t, killed+"-wal", at, bit)
		err := check(t, killed)
		undo()
		switch {
		case errors.Is(err, pagesum.ErrDamaged):
			found++
		case err != nil:
			t.Errorf("bit %d of byte %d: %v", bit, at, err)
		case at >= last-frameSize || at >= 12 && at < 16:
			missed++
		default:
			t.Errorf("bit %d of byte %d of %d is not found; the last transaction begins at %d", bit, at, st.Size(), last)
		}
	}
	t.Logf("%d of %d flips found, %d not", found, found+missed, missed)

	undo := flip(t, killed+"-wal", last+24+100, 3)
	if err := check(t, killed); err != nil {
		t.Fatalf("the last transaction: %v", err)
	}
	left := open(t, killed)
	var n int
	if err := left.QueryRow("SELECT count(*) FROM t").Scan(&n); err != nil || n != 48 {
		t.Errorf("%d rows are left, %v; want the 48 of before", n, err)
	}
	if err := left.Close(); err != nil {
		t.Fatal(err)
	}
	_ = undo // the log is gone
}

// TestAnEndThatACrashLeftIsWell cuts and garbles the log within its last transaction.
func TestAnEndThatACrashLeftIsWell(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	db := open(t, path, "wal_autocheckpoint(0)")
	fill(t, db, 30)
	before, err := os.ReadFile(path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	exec(t, db, "UPDATE t SET a = a || '!'")
	log, err := os.ReadFile(path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	base, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rng := seeded(t)
	dir := t.TempDir()
	for range 200 {
		bad := append([]byte(nil), log...)
		for range rng.IntN(4) { // frames that did not get through
			at := len(before) + rng.IntN((len(log)-len(before))/frameSize)*frameSize
			clear(bad[at : at+1+rng.IntN(frameSize)])
		}
		bad = bad[:len(before)+rng.IntN(len(log)-len(before)+1)]
		p := filepath.Join(dir, "state.db")
		if err := errors.Join(os.WriteFile(p, base, 0o600), os.WriteFile(p+"-wal", bad, 0o600)); err != nil {
			t.Fatal(err)
		}
		if err := check(t, p); err != nil {
			t.Fatal(err)
		}
	}
}

// TestTheBeginningOfANewLog cuts the header that replaces an earlier log's at each of its bytes: the frames behind it are of the earlier log.
func TestTheBeginningOfANewLog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	db := open(t, path, "wal_autocheckpoint(0)")
	fill(t, db, 30)
	var a, b, c int
	if err := db.QueryRow("PRAGMA wal_checkpoint(RESTART)").Scan(&a, &b, &c); err != nil {
		t.Fatal(err)
	}
	old, err := os.ReadFile(path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	base, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	exec(t, db, "DELETE FROM t WHERE id = 1")
	now, err := os.ReadFile(path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	if binary.BigEndian.Uint32(now[16:]) == binary.BigEndian.Uint32(old[16:]) {
		t.Fatal("the log was not begun again")
	}
	p := filepath.Join(t.TempDir(), "state.db")
	for n := range 33 {
		bad := append([]byte(nil), old...)
		copy(bad, now[:n])
		if err := errors.Join(os.WriteFile(p, base, 0o600), os.WriteFile(p+"-wal", bad, 0o600)); err != nil {
			t.Fatal(err)
		}
		if err := check(t, p); err != nil {
			t.Errorf("%d bytes got through: %v", n, err)
		}
	}
}

func damaged(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && e.Code() == pagesum.Damaged
}
