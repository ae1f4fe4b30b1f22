package apptest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestDiskFull fills the disk of a server that takes events in: intake pauses, health says so, queries and changes go on; when there is room
// again intake goes on by itself, and every event is there once. It needs the right to mount a file system in memory.
func TestDiskFull(t *testing.T) {
	if testing.Short() {
		t.Skip("starts servers")
	}
	t.Parallel()
	d := NewDemo(t, "--fresh")
	data := filepath.Join(d.Dir, "data")
	if err := os.MkdirAll(data, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("vedette-test", data, "tmpfs", 0, "size=900m,mode=700"); err != nil {
		t.Skipf("no file system can be mounted here: %v", err)
	}
	t.Cleanup(func() {
		d.Kill()
		if err := syscall.Unmount(data, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	d.Start()
	d.Run("connector", "connect", "defender-xdr", "--tables", "all")
	control(t, d, "/rate", `{"eventsPerSecond": 300}`)
	Eventually(t, 2*time.Minute, "events arrive", func() error {
		if n := count(t, d, "DeviceProcessEvents"); n < 100 {
			return fmt.Errorf("%d rows", n)
		}
		return nil
	})

	ballast := filepath.Join(data, "ballast")
	fill(t, ballast, 200<<20)
	began := time.Now() // the server's clock too
	Eventually(t, 2*time.Minute, "health says that the disk is full", func() error {
		out, err := d.Try("health")
		if said := fmt.Sprint(out, err); !strings.Contains(said, "nothing is taken in") {
			return errors.New(said)
		}
		return nil
	})
	told := time.Since(began)
	var at int
	Eventually(t, 2*time.Minute, "intake pauses", func() error {
		before := count(t, d, "DeviceProcessEvents")
		<-time.After(3 * time.Second)
		if at = count(t, d, "DeviceProcessEvents"); at != before {
			return fmt.Errorf("%d rows came", at-before)
		}
		return nil
	})
	t.Logf("health told after %s", told.Round(100*time.Millisecond))
	<-time.After(time.Until(began.Add(8 * time.Second)))
	// What was stored says when it was: whatever else this machine does, nothing came in later than five seconds after the disk was full.
	late := d.Query(fmt.Sprintf("union Device*, Email*, Identity* | where ingestion_time() > datetime(%s) | summarize n = count(), newest = max(ingestion_time())", began.Add(5*time.Second).UTC().Format(time.RFC3339Nano)))
	if n := int(late[0]["n"].(float64)); n > 0 {
		t.Errorf("%d rows came in later than five seconds after the disk was full at %s, the last at %v", n, began.UTC(), late[0]["newest"])
	}
	d.Run("query", "SecurityIncident | summarize count()")
	if made := truth(t, d)["DeviceProcessEvents"]; made <= at {
		t.Errorf("the tenant made %d events, all stored: nothing was held back", made)
	}

	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	Eventually(t, 2*time.Minute, "intake goes on", func() error {
		if n := count(t, d, "DeviceProcessEvents"); n <= at {
			return fmt.Errorf("still %d rows", n)
		}
		return nil
	})
	control(t, d, "/pause", "")
	completely(t, d)
}

// fill makes a file that leaves so much room on its disk.
func fill(t *testing.T, path string, room int64) {
	t.Helper()
	var st syscall.Statfs_t
	if err := syscall.Statfs(filepath.Dir(path), &st); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := syscall.Fallocate(int(f.Fd()), 0, 0, int64(st.Bavail)*int64(st.Bsize)-room); err != nil {
		t.Fatal(err)
	}
}

// completely waits until each table has as many rows as the tenant made events, and each row has its own source.
func completely(t *testing.T, d *Demo) {
	t.Helper()
	want := truth(t, d)
	if len(want) < 20 {
		t.Errorf("the tenant has events in %d tables only", len(want))
	}
	for table, n := range want {
		Eventually(t, 3*time.Minute, table+" is complete", func() error {
			rows := d.Query(table + " | summarize rows = count(), ids = count_distinct(_ItemId)")
			if got := int(rows[0]["rows"].(float64)); got != n {
				return fmt.Errorf("%d rows, the tenant has %d events", got, n)
			}
			if ids := int(rows[0]["ids"].(float64)); ids != n {
				return fmt.Errorf("%d identifiers of %d rows", ids, n)
			}
			return nil
		})
	}
}
