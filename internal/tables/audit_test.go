package tables

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vedette-siem/vedette/internal/schema"
	"github.com/vedette-siem/vedette/internal/store"
)

// audited returns what SentinelAudit says, in the order of operations.
func audited(t *testing.T, b *bench) (out []string) {
	t.Helper()
	snap := b.store.Snapshot("soc")
	defer snap.Close()
	r, err := snap.Scan(t.Context(), store.ScanSpec{Table: auditTable, Columns: []string{"OperationName", "SentinelResourceName", "Status", "ExtendedProperties"}})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for {
		batch, err := r.Next(t.Context())
		if err != nil {
			slices.Sort(out)
			return out
		}
		for i := range batch.N {
			out = append(out, fmt.Sprintf("%s %s %s %v", batch.Cols[0].Strings[i], batch.Cols[1].Strings[i], batch.Cols[2].Strings[i], batch.Cols[3].Value(i)))
		}
	}
}

// TestChangesAreAudited has two rows of each change, with who, what and how it ended.
func TestChangesAreAudited(t *testing.T) {
	b := newBench(t)
	b.add("DeviceEvents", noon, 3)
	if _, err := b.Create(t.Context(), "soc", "Vpn_CL", []schema.Column{{Name: "User", Type: schema.String}}, "ada"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Create(t.Context(), "soc", "Vpn_CL", []schema.Column{{Name: "User", Type: schema.Long}}, "ada"); err == nil {
		t.Error("a column got another type")
	}
	if _, err := b.Set(t.Context(), "soc", "DeviceEvents", Change{Interactive: ptr(10)}, "bob"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := b.Restore(t.Context(), "soc", "DeviceEvents", "", noon.AddDate(0, 0, -1), noon.AddDate(0, 0, 1), "ada"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Drop(t.Context(), "soc", "DeviceEvents_RST", "ada"); err != nil {
		t.Fatal(err)
	}
	want := []string{
		`Add columns Vpn_CL Failure {"CallerName":"ada","Columns":["User:long"]}`,
		`Add columns Vpn_CL Started {"CallerName":"ada","Columns":["User:long"]}`,
		`Change table DeviceEvents Started {"CallerName":"bob","InteractiveDays":10}`,
		`Change table DeviceEvents Success {"After":{"InteractiveDays":10,"Plan":"Analytics","TotalDays":10},"Before":{"InteractiveDays":90,"Plan":"Analytics","TotalDays":90},"CallerName":"bob","FreesRows":0,"InteractiveDays":10}`,
		`Create table Vpn_CL Started {"CallerName":"ada","Columns":["User:string"]}`,
		`Create table Vpn_CL Success {"CallerName":"ada","Columns":["User:string"]}`,
		`Drop table DeviceEvents_RST Started {"CallerName":"ada"}`,
		`Drop table DeviceEvents_RST Success {"CallerName":"ada","Rows":3}`,
		`Restore rows DeviceEvents Started {"CallerName":"ada","From":"2026-03-13T12:00:00Z","Target":"DeviceEvents_RST","To":"2026-03-15T12:00:00Z"}`,
		`Restore rows DeviceEvents Success {"CallerName":"ada","From":"2026-03-13T12:00:00Z","Rows":3,"Target":"DeviceEvents_RST","To":"2026-03-15T12:00:00Z"}`,
	}
	if d := cmp.Diff(want, audited(t, b)); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

// TestNothingUnrecorded does not begin what cannot be recorded.
func TestNothingUnrecorded(t *testing.T) {
	b := newBench(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := b.Audited(ctx, "soc", Audit{Operation: "X", Kind: "Table"}, func(context.Context) (map[string]any, error) {
		t.Error("it was done")
		return nil, nil
	})
	if err == nil || errors.Is(err, store.ErrClosed) {
		t.Errorf("%v", err)
	}
}
