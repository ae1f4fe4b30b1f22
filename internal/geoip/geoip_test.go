package geoip

import (
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/vedette-siem/vedette/internal/column"
)

func lookup(d *Database, addr string) string {
	if o := d.Lookup(netip.MustParseAddr(addr)); o != nil {
		return string(column.AppendJSON(nil, o))
	}
	return "nothing"
}

func TestLookup(t *testing.T) {
	path := filepath.Join(t.TempDir(), "geo.mmdb")
	if err := WriteDemo(path); err != nil {
		t.Fatal(err)
	}
	d, err := Open(path, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	for addr, want := range map[string]string{
		"198.51.100.7": `{"country":"Netherlands","state":"North Holland","city":"Amsterdam","latitude":52.3676,"longitude":4.9041}`,
		"8.8.8.8":      "nothing",
		"2001:db8::1":  "nothing",
	} {
		if got := lookup(d, addr); got != want {
			t.Errorf("%s is %s, want %s", addr, got, want)
		}
	}
}

// TestReplacedFile: a new file is taken up, a broken one is not.
func TestReplacedFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "geo.mmdb")
	if err := WriteDemo(path); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	d, err := Open(path, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	at := time.Now()
	d.now = func() time.Time { return at }
	first := d.reader.Load()
	replace := func(raw []byte) {
		t.Helper()
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		at = at.Add(time.Minute)
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	replace([]byte("not a database"))
	if got := lookup(d, "192.0.2.1"); got == "nothing" || d.reader.Load() != first {
		t.Errorf("a broken file took the place of a good one: %s", got)
	}
	replace(good)
	if lookup(d, "192.0.2.1") == "nothing" || d.reader.Load() == first {
		t.Error("the new file is not read")
	}
}

func TestOpenRefuses(t *testing.T) {
	if _, err := Open(filepath.Join(t.TempDir(), "none.mmdb"), slog.New(slog.DiscardHandler)); err == nil {
		t.Error("a missing file is opened")
	}
}
