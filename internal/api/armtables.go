package api

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/schema"
	"github.com/vedette-siem/vedette/internal/tables"
)

// armTable is one resource of Microsoft.OperationalInsights/workspaces/tables.
type armTable struct {
	ID         string             `json:"id"`
	Name       string             `json:"name"`
	Type       string             `json:"type"`
	Properties armTableProperties `json:"properties"`
}

type armTableProperties struct {
	Plan                          string         `json:"plan"`
	RetentionInDays               int            `json:"retentionInDays"`
	TotalRetentionInDays          int            `json:"totalRetentionInDays"`
	ArchiveRetentionInDays        int            `json:"archiveRetentionInDays"`
	RetentionInDaysAsDefault      bool           `json:"retentionInDaysAsDefault"`
	TotalRetentionInDaysAsDefault bool           `json:"totalRetentionInDaysAsDefault"`
	LastPlanModifiedDate          string         `json:"lastPlanModifiedDate,omitempty"`
	ProvisioningState             string         `json:"provisioningState"`
	Schema                        armTableSchema `json:"schema"`
}

type armTableSchema struct {
	Name            string      `json:"name"`
	DisplayName     string      `json:"displayName"`
	Description     string      `json:"description,omitempty"`
	TableType       string      `json:"tableType"`
	TableSubType    string      `json:"tableSubType"`
	Source          string      `json:"source,omitempty"`
	Solutions       []string    `json:"solutions"`
	Columns         []armColumn `json:"columns"`
	StandardColumns []armColumn `json:"standardColumns"`
}

type armColumn struct {
	Name             string `json:"name"`
	Type             string `json:"type"`
	Description      string `json:"description,omitempty"`
	IsDefaultDisplay bool   `json:"isDefaultDisplay"`
	IsHidden         bool   `json:"isHidden"`
}

// armType spells a type as the tables resource does.
func armType(t schema.Type) string {
	switch t {
	case schema.Bool:
		return "boolean"
	case schema.Datetime:
		return "dateTime"
	case schema.Decimal:
		return "real"
	case schema.Timespan:
		return "string"
	}
	return t.String()
}

func armTableOf(ws *Workspace, t tables.Table, cols []schema.Column) armTable {
	sch := armTableSchema{
		Name: t.Name, DisplayName: t.Name, Description: t.Description, TableType: t.Type, TableSubType: "Any", Solutions: []string{}, Columns: []armColumn{}, StandardColumns: []armColumn{},
	}
	switch t.Type {
	case "Microsoft":
		sch.Source, sch.Solutions = "microsoft", append(sch.Solutions, "SecurityInsights")
	case "CustomLog":
		sch.Source, sch.TableSubType = "customer", "DataCollectionRuleBased"
	}
	for _, c := range cols {
		col := armColumn{Name: c.Name, Type: armType(c.Type), Description: c.Description, IsHidden: c.Hidden}
		if c.Hidden || strings.HasPrefix(c.Name, "_") || c.Name == "TenantId" {
			sch.StandardColumns = append(sch.StandardColumns, col)
		} else {
			sch.Columns = append(sch.Columns, col)
		}
	}
	return armTable{
		ID: ws.armID("/tables/" + t.Name), Name: t.Name, Type: "Microsoft.OperationalInsights/workspaces/tables",
		Properties: armTableProperties{
			Plan: string(t.Plan), RetentionInDays: t.Interactive, TotalRetentionInDays: t.Total, ArchiveRetentionInDays: t.Total - t.Interactive,
			RetentionInDaysAsDefault: t.InteractiveDefault, TotalRetentionInDaysAsDefault: t.TotalDefault,
			LastPlanModifiedDate: stamp(t.Settings.PlanSince), ProvisioningState: "Succeeded", Schema: sch,
		},
	}
}

func (s *Server) armListTables(w http.ResponseWriter, r *http.Request, ws *Workspace) error {
	list, err := s.Tables.List(r.Context(), ws.ID)
	if err != nil {
		return err
	}
	value := []armTable{}
	for _, t := range list {
		if sch, ok := s.Store.Catalog(ws.ID).Table(t.Name); ok {
			value = append(value, armTableOf(ws, t, sch.Columns))
		}
	}
	writeJSON(w, http.StatusOK, map[string]any{"value": value})
	return nil
}

func (s *Server) armGetTable(w http.ResponseWriter, r *http.Request, ws *Workspace) error {
	return s.writeArmTable(w, r, ws, http.StatusOK)
}

func (s *Server) writeArmTable(w http.ResponseWriter, r *http.Request, ws *Workspace, status int) error {
	d, err := s.Tables.Show(r.Context(), ws.ID, r.PathValue("table"))
	if err != nil {
		return err
	}
	writeJSON(w, status, armTableOf(ws, d.Table, d.Columns))
	return nil
}

// armTableBody is what programs send; the read-only parts of a resource that they send back are left out.
type armTableBody struct {
	Properties struct {
		Plan                 *string      `json:"plan"`
		RetentionInDays      optionalDays `json:"retentionInDays"`
		TotalRetentionInDays optionalDays `json:"totalRetentionInDays"`
		SearchResults        *struct {
			Query           string `json:"query"`
			Limit           int64  `json:"limit"`
			StartSearchTime string `json:"startSearchTime"`
			EndSearchTime   string `json:"endSearchTime"`
		} `json:"searchResults"`
		RestoredLogs *struct {
			SourceTable      string `json:"sourceTable"`
			StartRestoreTime string `json:"startRestoreTime"`
			EndRestoreTime   string `json:"endRestoreTime"`
		} `json:"restoredLogs"`
		Schema struct {
			Name    string `json:"name"`
			Columns []struct {
				Name string `json:"name"`
				Type string `json:"type"`
			} `json:"columns"`
		} `json:"schema"`
	} `json:"properties"`
}

// armDropTable removes a table of a search job or a restore.
func (s *Server) armDropTable(w http.ResponseWriter, r *http.Request, ws *Workspace) error {
	if _, err := s.Tables.Drop(r.Context(), ws.ID, r.PathValue("table"), actorOf(r).Name); err != nil {
		return err
	}
	w.WriteHeader(http.StatusOK)
	return nil
}

// armPutTable makes a custom table, or sets an existing one: what a PUT leaves out goes back to its default.
func (s *Server) armPutTable(w http.ResponseWriter, r *http.Request, ws *Workspace) error {
	return s.armSetTable(w, r, ws, true)
}

// armPatchTable changes what it names.
func (s *Server) armPatchTable(w http.ResponseWriter, r *http.Request, ws *Workspace) error {
	return s.armSetTable(w, r, ws, false)
}

func (s *Server) armSetTable(w http.ResponseWriter, r *http.Request, ws *Workspace, put bool) error {
	var raw json.RawMessage
	if err := readJSON(r, &raw); err != nil {
		return err
	}
	var in armTableBody
	if err := json.Unmarshal(raw, &in); err != nil {
		return badBody(err)
	}
	name, p := r.PathValue("table"), in.Properties
	if p.Schema.Name != "" && !strings.EqualFold(p.Schema.Name, name) {
		return fault.New(fault.Invalid, "table_name", "The schema is of table %q, and the address of %q.", p.Schema.Name, name)
	}
	if job := in.Properties; put && (job.SearchResults != nil || job.RestoredLogs != nil) {
		if q := job.SearchResults; q != nil {
			if _, err := s.search(r.Context(), ws, name, q.Query, q.StartSearchTime, q.EndSearchTime, q.Limit, actorOf(r).Name); err != nil {
				return err
			}
		} else {
			from, to, err := jobRange(job.RestoredLogs.StartRestoreTime, job.RestoredLogs.EndRestoreTime)
			if err != nil {
				return err
			}
			if _, _, err := s.Tables.Restore(r.Context(), ws.ID, job.RestoredLogs.SourceTable, name, from, to, actorOf(r).Name); err != nil {
				return err
			}
		}
		return s.writeArmTable(w, r, ws, http.StatusCreated)
	}
	body := tableChange{Plan: p.Plan, RetentionDays: p.RetentionInDays, TotalRetentionDays: p.TotalRetentionInDays}
	if put {
		if body.RetentionDays.v == nil {
			body.RetentionDays.v = new(int)
		}
		if body.TotalRetentionDays.v == nil {
			body.TotalRetentionDays.v = new(int)
		}
	}
	var cols []schema.Column
	for _, c := range p.Schema.Columns {
		t, err := schema.ParseType(strings.ToLower(c.Type))
		if err != nil {
			return fault.New(fault.Invalid, "column_type", "Column %s of table %s cannot be of type %q; use string, int, long, real, boolean, dateTime, guid or dynamic.", c.Name, name, c.Type)
		}
		cols = append(cols, schema.Column{Name: c.Name, Type: t})
	}
	status := http.StatusOK
	if put || len(cols) > 0 {
		created, err := s.Tables.Create(r.Context(), ws.ID, name, cols, actorOf(r).Name)
		if err != nil {
			return err
		}
		if created {
			status = http.StatusCreated
		}
	}
	if c, err := body.change(); err == nil {
		if _, err := s.Tables.Set(r.Context(), ws.ID, name, c, actorOf(r).Name); err != nil {
			return err
		}
	} else if len(cols) == 0 {
		return err
	}
	return s.writeArmTable(w, r, ws, status)
}
