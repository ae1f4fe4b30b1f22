package ingest

import (
	"fmt"
	"time"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/schema"
	"github.com/vedette-siem/vedette/internal/store"
)

// GapRows are the SentinelHealth rows that tell of gaps, beside the records the store keeps of them. Decode adds them for the
// gaps it finds.
func GapRows(workspace string, gaps []store.Gap, now time.Time) store.Rows {
	cols := []schema.Column{
		{Name: "TenantId", Type: schema.String}, {Name: "TimeGenerated", Type: schema.Datetime}, {Name: "OperationName", Type: schema.String},
		{Name: "SentinelResourceName", Type: schema.String}, {Name: "SentinelResourceKind", Type: schema.String}, {Name: "SentinelResourceType", Type: schema.String},
		{Name: "Status", Type: schema.String}, {Name: "Reason", Type: schema.String}, {Name: "Description", Type: schema.String},
		{Name: "WorkspaceId", Type: schema.String}, {Name: "ExtendedProperties", Type: schema.Dynamic},
		{Name: "SourceSystem", Type: schema.String}, {Name: "Type", Type: schema.String}, {Name: "_src", Type: schema.String, Hidden: true},
	}
	b := column.NewBatch(len(gaps))
	b.N = len(gaps)
	for _, c := range cols {
		b.Cols = append(b.Cols, column.New(c.Type, len(gaps)))
	}
	for _, g := range gaps {
		text := fmt.Sprintf("Positions %d to %d of %s, partition %d, are not there to be read (%s). What they held cannot be stored.", g.From, g.To-1, g.Source, g.Partition, g.Reason)
		details := &column.Object{}
		details.Set("source", g.Source)
		details.Set("partition", int64(g.Partition))
		details.Set("from", g.From)
		details.Set("to", g.To)
		values := []any{
			workspace, column.FromTime(now), "GapRecord",
			"Microsoft Defender XDR", "DefenderXDR", "Data connector",
			"Warning", g.Reason, text,
			workspace, details,
			"Vedette", "SentinelHealth", fmt.Sprintf("health/gap/%s/%d/%d", g.Source, g.Partition, g.From),
		}
		for i, v := range values {
			b.Cols[i].Append(v)
		}
	}
	return store.Rows{Table: "SentinelHealth", Cols: cols, Batch: b}
}
