package incident

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/meta"
	"github.com/vedette-siem/vedette/internal/model"
)

// TestRowsOfOtherTablesPassTheOutbox sends rows of another service through: typed as their table says, one that does not
// fit holds up nobody.
func TestRowsOfOtherTablesPassTheOutbox(t *testing.T) {
	s := service(t)
	row := func(values map[string]any) string {
		b, err := EncodeRow(model.Row{Table: "IdentityInfo", Source: "identity/x", Values: values})
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	lost, err := EncodeRow(model.Row{Table: "NoSuchTable"})
	if err != nil {
		t.Fatal(err)
	}
	const ticks = int64(638000000000000001) // a float would lose the last digit
	bodies := []string{
		row(map[string]any{"TimeGenerated": "yesterday"}), lost, `{"row":null}`,
		row(map[string]any{"TimeGenerated": ticks, "AccountUPN": "ada@x", "IsAccountEnabled": true, "GroupMembership": []string{"a", "b"}, "InvestigationPriority": 3, "_BilledSize": 0.5}),
	}
	err = s.db.ChangeIdentities(t.Context(), func(ctx context.Context, tx meta.IdentityTx) error { return tx.PushRows(ctx, ws, bodies) })
	if err != nil {
		t.Fatal(err)
	}
	f := &flaky{}
	if err := s.Pump(f).Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(f.frames) != 1 || len(f.frames[0].Tables) != 1 || f.frames[0].Tables[0].Batch.N != 1 || f.frames[0].Covers[0].Next != 5 {
		t.Fatalf("frames %+v", f.frames)
	}
	got := map[string]any{}
	for i, c := range f.frames[0].Tables[0].Cols {
		if v := f.frames[0].Tables[0].Batch.Cols[i].Value(0); v != nil && v != "" {
			got[c.Name] = v
		}
	}
	want := map[string]any{
		"TimeGenerated": ticks, "AccountUPN": "ada@x", "IsAccountEnabled": true, "GroupMembership": column.Raw(`["a","b"]`), "InvestigationPriority": int64(3),
		"_BilledSize": 0.5, "_src": "identity/x",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("row (-want +got):\n%s", d)
	}
}
