package apptest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/vedette-siem/vedette/internal/model"
)

const filled = "DeviceProcessEvents"

// backfillOf returns the table's backfill, as the command tells it.
func backfillOf(t *testing.T, d *Demo) (b model.Backfill) {
	t.Helper()
	var list []model.Backfill
	decode(t, d.Run("backfill", "list", "--json"), &list)
	for _, b := range list {
		if b.Table == filled {
			return b
		}
	}
	return b
}

// streaming changes what the configuration says of the workspace's sources; the server must not run.
func streaming(t *testing.T, d *Demo, change func(map[string]any)) {
	t.Helper()
	path := filepath.Join(d.Dir, "vedette.yaml")
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var cfg map[string]any
	if err := yaml.Unmarshal(raw, &cfg); err != nil {
		t.Fatal(err)
	}
	change(cfg["workspaces"].([]any)[0].(map[string]any)["streaming"].(map[string]any))
	if raw, err = yaml.Marshal(cfg); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestBackfillUnderKill fetches what a table that is connected for the first time lacks: offered and started by hand, or, in the long
// form, by itself. The machine is cut off in the middle; the backfill goes on with the hours that are left, and what the export brings
// later by another way doubles nothing.
func TestBackfillUnderKill(t *testing.T) {
	if testing.Short() {
		t.Skip("starts servers")
	}
	automatic := os.Getenv("VEDETTE_SOAK") != ""
	d := StartDemo(t, "--fresh")
	if automatic {
		d.Kill()
		streaming(t, d, func(s map[string]any) { s["backfill"] = "automatic" })
		d.Start()
	}
	d.Run("content", "install", "defender-xdr")
	d.Run("connector", "connect", "defender-xdr", "--tables", filled)
	// What is older than this does not change any more, and is old enough to be compared.
	before := time.Now().UTC().Add(-5 * time.Hour).Truncate(time.Hour)
	old := fmt.Sprintf("%s | where Timestamp < datetime(%s)", filled, before.Format(time.RFC3339))
	rows, still := 0, 0
	Eventually(t, 2*time.Minute, "the hub is read", func() error {
		now := count(t, d, old)
		if now != rows || now == 0 {
			rows, still = now, 0
		}
		if still++; still < 12 {
			return fmt.Errorf("%d rows", rows)
		}
		return nil
	})
	Eventually(t, time.Minute, "the table is offered to be filled", func() error {
		if b := backfillOf(t, d); b.State != model.BackfillOffered {
			return fmt.Errorf("%+v", b)
		}
		return nil
	})
	// The hub kept less than the tenant, say.
	where := fmt.Sprintf("Timestamp < datetime(%s) and Timestamp >= datetime(%s)", before.Format(time.RFC3339), before.Add(-16*time.Hour).Format(time.RFC3339))
	var purge struct {
		Rows    int
		Confirm string
	}
	decode(t, d.Run("table", "purge", filled, "--where", where, "--json"), &purge)
	if purge.Rows == 0 {
		t.Fatal("nothing to purge, so this test says nothing")
	}
	d.Run("table", "purge", filled, "--where", where, "--confirm", purge.Confirm)

	within := time.Minute
	if automatic {
		within = 5 * time.Minute
	} else {
		d.Run("backfill", "start", filled)
	}
	var half model.Backfill
	Eventually(t, within, "the backfill is in the middle, with the time that is left", func() error {
		half = backfillOf(t, d)
		if half.State != model.BackfillRunning || half.Done < 3 || half.SecondsLeft == nil {
			return fmt.Errorf("%+v", half)
		}
		return nil
	})
	if out := d.Run("backfill", "list"); !strings.Contains(out, fmt.Sprintf("of %d", half.Hours)) || !strings.Contains(out, "running") {
		t.Errorf("the list tells no progress:\n%s", out)
	}
	if half.Done >= half.Hours {
		t.Fatalf("it is done before it is cut off, so this test says nothing: %+v", half)
	}
	d.Kill()
	d.Start()
	var end model.Backfill
	Eventually(t, 3*time.Minute, "the backfill goes on to its end", func() error {
		if end = backfillOf(t, d); end.State != model.BackfillDone {
			return fmt.Errorf("%+v", end)
		}
		return nil
	})
	if end.Hours > half.Hours-half.Done {
		t.Errorf("%d hours were read after the cut, though %d of %d were there", end.Hours, half.Done, half.Hours)
	}
	whole := func(when string) {
		t.Helper()
		if n := count(t, d, old); n != rows {
			t.Errorf("%s there are %d rows, want %d", when, n, rows)
		}
		if n := count(t, d, old+" | summarize Copies = count() by DeviceId, ReportId, Timestamp | where Copies > 1"); n != 0 {
			t.Errorf("%s %d events are doubled", when, n)
		}
	}
	whole("after the backfill")

	d.Kill()
	sim := d.Info.Simulator
	streaming(t, d, func(s map[string]any) {
		s["storage"] = []map[string]any{{"accountUrl": sim.Blob, "connectionStringFile": sim.StorageConnectionStringFile, "caFile": sim.CAFile, "pollInterval": "1s"}}
	})
	d.Start()
	seen := int64(0)
	still = 0
	Eventually(t, 3*time.Minute, "the storage account is read", func() error {
		var v struct {
			Sources []struct {
				Source   string
				Messages int64
			}
		}
		decode(t, d.Run("connector", "health", "defender-xdr", "--json"), &v)
		for _, s := range v.Sources {
			if !strings.HasPrefix(s.Source, "blob/") || !strings.HasSuffix(s.Source, strings.ToLower(filled)) || s.Messages < int64(rows) {
				continue
			}
			if s.Messages != seen {
				seen, still = s.Messages, 0
			}
			if still++; still >= 8 {
				return nil
			}
		}
		return fmt.Errorf("sources %+v", v.Sources)
	})
	whole("after the same events by the storage account")
	t.Logf("%d rows; %d purged in %d hours; cut off after %d hours with %.0f s left; %d lines of the storage account", rows, purge.Rows, half.Hours, half.Done, *half.SecondsLeft, seen)
}
