package evidencebench

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/schema"
	"github.com/vedette-siem/vedette/internal/simtenant/story"
	"github.com/vedette-siem/vedette/internal/store"
)

// changes is how many rows an incident has: one when it is made, others when it is changed.
const changes = 4

// tellIncident stores the rows of a story's incident and of its alerts, with the columns that a way to their events can go by. As in a workspace, an
// alert has an id of its own beside that of its product.
func tellIncident(ctx context.Context, st *store.Store, number int, at time.Time, p *story.Plan) error {
	var ids []any
	alerts := newRows("SecurityAlert", schema.Column{Name: "SystemAlertId", Type: schema.String}, schema.Column{Name: "VendorOriginalId", Type: schema.String})
	for _, d := range p.Drops {
		id := uuid.NewSHA1(uuid.NameSpaceOID, []byte(d.Alert.ID)).String()
		ids = append(ids, id)
		alerts.add(at, fmt.Sprintf("outbox/alert/%s/0/0", d.Alert.ID), id, d.Alert.ID)
	}
	if len(ids) == 0 {
		return nil
	}
	incidents := newRows("SecurityIncident", schema.Column{Name: "IncidentNumber", Type: schema.Int}, schema.Column{Name: "AlertIds", Type: schema.Dynamic})
	for n := range changes {
		incidents.add(at.Add(time.Duration(n)*time.Hour), fmt.Sprintf("outbox/incident/%d/%d/0", number, n), int64(number), ids)
	}
	_, err := st.Append(ctx, store.Frame{Workspace: workspace, Tables: []store.Rows{alerts.Rows, incidents.Rows}})
	return err
}

// rows are rows of a table with some columns of their own.
type rows struct{ store.Rows }

func newRows(table string, own ...schema.Column) rows {
	cols := append([]schema.Column{{Name: "TimeGenerated", Type: schema.Datetime}, {Name: "_src", Type: schema.String, Hidden: true}}, own...)
	r := rows{store.Rows{Table: table, Cols: cols, Batch: &column.Batch{}}}
	for _, c := range cols {
		r.Batch.Cols = append(r.Batch.Cols, column.New(c.Type, 8))
	}
	return r
}

func (r rows) add(at time.Time, src string, own ...any) {
	for i, v := range append([]any{column.FromTime(at), src}, own...) {
		r.Batch.Cols[i].Append(v)
	}
	r.Batch.N++
}
