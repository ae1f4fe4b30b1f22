package normalize

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/schema"
)

// TestExportedRows reads rows as tables are exported: the columns that every row has are made anew, all others are taken.
func TestExportedRows(t *testing.T) {
	w := NewWriter(NewShapes(schema.Builtin()), "ws")
	var refused []Reason
	Decode([]byte(`
{"TenantId":"other","TimeGenerated":"2026-03-14T09:00:00.1234567Z","DeviceName":"pc1","ReportId":123456789012345678,"Type":"DeviceEvents","_BilledSize":512,"_ItemId":"x","SourceSystem":"y","_IsBillable":"False"}
{"TimeGenerated":"2026-03-14T09:00:01Z","Who":"ada","N":7,"Type":"My_CL"}
{"TimeGenerated":"2026-03-14T09:00:01Z","Type":"GapRecord_CL"}
{"TimeGenerated":"2026-03-14T09:00:01Z","Type":"SecurityIncident"}
{"TimeGenerated":"2026-03-14T09:00:01Z","DeviceName":"x"}`), func(r Record) {
		if bad := w.Add(r, "s/0/0/0"); bad != nil {
			refused = append(refused, bad.Reason)
		}
	})
	if d := cmp.Diff([]Reason{ReservedTable, ReservedTable, NoRecords}, refused); d != "" {
		t.Error(d)
	}
	got := map[string]map[string]any{}
	for _, r := range w.Take() {
		row := map[string]any{}
		for i, c := range r.Cols {
			if v := r.Batch.Cols[i].Value(0); v != nil && v != "" {
				row[c.Name] = v
			}
		}
		got[r.Table] = row
	}
	when, _ := column.ParseDatetime("2026-03-14T09:00:00.1234567Z")
	later, _ := column.ParseDatetime("2026-03-14T09:00:01Z")
	want := map[string]map[string]any{
		"DeviceEvents": {"TenantId": "ws", "TimeGenerated": when, "DeviceName": "pc1", "ReportId": int64(123456789012345678), "Type": "DeviceEvents", "_BilledSize": 512.0,
			"SourceSystem": "Microsoft Defender XDR", "_IsBillable": "True", "_src": "s/0/0/0"},
		"My_CL": {"TenantId": "ws", "TimeGenerated": later, "Who": "ada", "N": int64(7), "Type": "My_CL", "_BilledSize": 73.0,
			"SourceSystem": "RestAPI", "_IsBillable": "True", "_src": "s/0/0/0"},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}
