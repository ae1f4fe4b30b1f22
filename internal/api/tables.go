package api

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/model"
	"github.com/vedette-siem/vedette/internal/query"
	"github.com/vedette-siem/vedette/internal/schema"
	"github.com/vedette-siem/vedette/internal/store"
	"github.com/vedette-siem/vedette/internal/tables"
)

// tableItem is a table in a list. Rows, bytes and parts are those of the interactive tier; bytes are on disk.
type tableItem struct {
	Name                  string `json:"name"`
	Description           string `json:"description"`
	Family                string `json:"family,omitempty"`
	Type                  string `json:"type"`
	Plan                  string `json:"plan"`
	RetentionDays         int    `json:"retentionDays"`
	RetentionDefault      bool   `json:"retentionDefault"`
	TotalRetentionDays    int    `json:"totalRetentionDays"`
	TotalRetentionDefault bool   `json:"totalRetentionDefault"`
	// HeldDays and HeldUntil tell of a longer total retention that still holds after it was shortened.
	HeldDays  int    `json:"heldDays,omitempty"`
	HeldUntil string `json:"heldUntil,omitempty"`
	ChangedBy string `json:"changedBy,omitempty"`
	ChangedAt string `json:"changedAt,omitempty"`
	Rows      int64  `json:"rows"`
	Bytes     int64  `json:"bytes"`
	Parts     int    `json:"parts"`
	ColdRows  int64  `json:"coldRows"`
	ColdBytes int64  `json:"coldBytes"`
	Rows24h   int64  `json:"rows24h"`
	FirstSeen string `json:"firstSeen"`
	LastSeen  string `json:"lastSeen"`
	// What it grows by, and to once its retention is full; bytes on disk.
	BytesPerDay float64 `json:"bytesPerDay"`
	BytesFull   float64 `json:"bytesFull"`
}

func tableOf(t tables.Table) tableItem {
	it := tableItem{
		Name: t.Name, Description: t.Description, Family: t.Family, Type: t.Type, Plan: string(t.Plan),
		RetentionDays: t.Interactive, RetentionDefault: t.InteractiveDefault, TotalRetentionDays: t.Total, TotalRetentionDefault: t.TotalDefault,
		ChangedBy: t.Settings.ChangedBy, ChangedAt: stamp(t.Settings.ChangedAt),
		Rows: t.Stats.Rows, Bytes: t.Stats.Bytes, Parts: t.Stats.Parts, ColdRows: t.Stats.Cold.Rows, ColdBytes: t.Stats.Cold.Bytes, Rows24h: t.Stats.Rows24h,
		FirstSeen: ticks(t.Stats.FirstTime), LastSeen: ticks(t.Stats.LastTime), BytesPerDay: t.Forecast.BytesPerDay, BytesFull: t.Forecast.BytesFull,
	}
	if t.Kept > t.Total {
		it.HeldDays, it.HeldUntil = t.Kept, stamp(t.HeldUntil)
	}
	return it
}

// ticks writes a time of the store, "" when there is none.
func ticks(t int64) string {
	if t == 0 {
		return ""
	}
	return column.FormatDatetime(t)
}

// listTables answers every table with what holds for it and what the store has of it.
func (s *Server) listTables(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.inWorkspace(r)
	if err != nil {
		return err
	}
	list, err := s.Tables.List(r.Context(), ws.ID)
	if err != nil {
		return err
	}
	def, err := s.Tables.Retention(r.Context(), ws.ID, "")
	if err != nil {
		return err
	}
	items := make([]tableItem, len(list))
	for i, t := range list {
		items[i] = tableOf(t)
	}
	writeJSON(w, http.StatusOK, map[string]any{"items": items, "default": map[string]int{"retentionDays": def.Interactive, "totalRetentionDays": def.Total}})
	return nil
}

// showTable answers one table with its columns and days.
func (s *Server) showTable(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.inWorkspace(r)
	if err != nil {
		return err
	}
	d, err := s.Tables.Show(r.Context(), ws.ID, r.PathValue("table"))
	if err != nil {
		return err
	}
	type col struct {
		Name        string `json:"name"`
		Type        string `json:"type"`
		Description string `json:"description,omitempty"`
		Hidden      bool   `json:"hidden,omitempty"`
	}
	type day struct {
		Day      string `json:"day"`
		Rows     int64  `json:"rows"`
		Bytes    int64  `json:"bytes"`
		ColdRows int64  `json:"coldRows"`
	}
	type forecast struct {
		RowsPerDay  float64 `json:"rowsPerDay"`
		BytesPerDay float64 `json:"bytesPerDay"`
		BytesFull   float64 `json:"bytesFull"`
	}
	out := struct {
		tableItem
		Columns  []col    `json:"columns"`
		Days     []day    `json:"days"`
		Forecast forecast `json:"forecast"`
	}{tableItem: tableOf(d.Table), Columns: []col{}, Days: []day{}}
	for _, c := range d.Columns {
		out.Columns = append(out.Columns, col{c.Name, c.Type.String(), c.Description, c.Hidden})
	}
	for _, x := range d.Days {
		out.Days = append(out.Days, day{x.Day.Format("2006-01-02"), x.Rows, x.Bytes, x.ColdRows})
	}
	f := d.Forecast
	out.Forecast = forecast{f.RowsPerDay, f.BytesPerDay, f.BytesFull}
	writeJSON(w, http.StatusOK, out)
	return nil
}

// optionalDays is a number of days of a body: absent (nil), null or -1 (back to the default: 0), or a number.
type optionalDays struct{ v *int }

func (o *optionalDays) UnmarshalJSON(b []byte) error {
	var v *int
	if err := json.Unmarshal(b, &v); err != nil {
		return err
	}
	switch {
	case v == nil || *v == -1:
		v = new(int)
	case *v == 0:
		return errors.New("0 days is no retention; null goes back to the default")
	}
	o.v = v
	return nil
}

// tableChange is the body of changeTable.
type tableChange struct {
	Plan               *string      `json:"plan"`
	RetentionDays      optionalDays `json:"retentionDays"`
	TotalRetentionDays optionalDays `json:"totalRetentionDays"`
	Preview            bool         `json:"preview"`
}

func (b tableChange) change() (tables.Change, error) {
	c := tables.Change{Interactive: b.RetentionDays.v, Total: b.TotalRetentionDays.v}
	if b.Plan != nil {
		p, err := tables.ParsePlan(*b.Plan)
		if err != nil {
			return c, err
		}
		c.Plan = &p
	}
	if c == (tables.Change{}) {
		return c, fault.New(fault.Invalid, "change_empty", "Nothing to change: give plan, retentionDays or totalRetentionDays.")
	}
	return c, nil
}

type amount struct {
	Rows  int64  `json:"rows"`
	Bytes int64  `json:"bytes"`
	From  string `json:"from,omitempty"`
	To    string `json:"to,omitempty"`
	At    string `json:"at,omitempty"`
}

func amountOf(a store.Amount) amount {
	return amount{Rows: a.Rows, Bytes: a.Bytes, From: ticks(a.From), To: ticks(a.To)}
}

// changeTable changes the plan or retention of a table, or of the workspace's default, or tells what a change would do.
func (s *Server) changeTable(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.inWorkspace(r)
	if err != nil {
		return err
	}
	var in tableChange
	if err := readJSON(r, &in); err != nil {
		return err
	}
	c, err := in.change()
	if err != nil {
		return err
	}
	name := r.PathValue("table")
	var p tables.Preview
	if in.Preview {
		p, err = s.Tables.Preview(r.Context(), ws.ID, name, c)
	} else {
		p, err = s.Tables.Set(r.Context(), ws.ID, name, c, actorOf(r).Name)
	}
	if err != nil {
		return err
	}
	frees := amountOf(p.Frees)
	if p.Frees.Rows > 0 {
		frees.At = stamp(p.FreesAt)
	}
	plan := p.After.Plan
	if name == "" {
		plan = model.PlanAnalytics
	}
	out := map[string]any{
		"name": name, "preview": in.Preview, "plan": plan, "retentionDays": p.After.Interactive, "retentionDefault": p.After.InteractiveDefault,
		"totalRetentionDays": p.After.Total, "totalRetentionDefault": p.After.TotalDefault,
		"frees": frees, "cools": amountOf(p.Cools), "warms": amountOf(p.Warms),
	}
	if p.After.Kept > p.After.Total {
		out["heldDays"], out["heldUntil"] = p.After.Kept, stamp(p.After.HeldUntil)
	}
	writeJSON(w, http.StatusOK, out)
	return nil
}

// createTable makes a custom table, or adds columns to a table.
func (s *Server) createTable(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.inWorkspace(r)
	if err != nil {
		return err
	}
	var in struct {
		Columns []struct{ Name, Type string } `json:"columns"`
	}
	if err := readJSON(r, &in); err != nil {
		return err
	}
	name := r.PathValue("table")
	cols := make([]schema.Column, len(in.Columns))
	for i, c := range in.Columns {
		t, err := schema.ParseType(c.Type)
		if err != nil || t == schema.Unknown {
			return fault.New(fault.Invalid, "column_type", "%q is no type of column %s; use string, long, int, real, bool, datetime, timespan, dynamic, guid or decimal.", c.Type, c.Name)
		}
		cols[i] = schema.Column{Name: c.Name, Type: t}
	}
	created, err := s.Tables.Create(r.Context(), ws.ID, name, cols, actorOf(r).Name)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if created {
		status = http.StatusCreated
	}
	writeJSON(w, status, map[string]any{"name": name, "created": created})
	return nil
}

// explainQuery answers the plan of a query as text; with analyze it runs the query and tells rows and times.
func (s *Server) explainQuery(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.inWorkspace(r)
	if err != nil {
		return err
	}
	var in struct {
		Query, Engine string
		Analyze       bool
	}
	if err := readJSON(r, &in); err != nil {
		return err
	}
	if in.Analyze {
		res, err := s.Query.Run(r.Context(), query.Request{Workspace: ws.ID, Text: in.Query, Engine: in.Engine, Actor: actorOf(r).Name, Analyze: true})
		if err != nil {
			return err
		}
		writeJSON(w, http.StatusOK, map[string]string{"plan": res.Plan})
		return nil
	}
	text, err := s.Query.Explain(r.Context(), ws.ID, in.Query)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, map[string]string{"plan": text})
	return nil
}
