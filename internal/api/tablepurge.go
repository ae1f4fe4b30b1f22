package api

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/store"
	"github.com/vedette-siem/vedette/internal/tables"
)

// purgeJSON tells what a purge would remove and how to confirm it, or what it removed.
type purgeJSON struct {
	Table   string `json:"table"`
	Where   string `json:"where"`
	Purged  bool   `json:"purged"`
	Rows    int64  `json:"rows"`
	From    string `json:"from,omitempty"`
	To      string `json:"to,omitempty"`
	Files   int    `json:"files"` // those that are written anew
	Bytes   int64  `json:"bytes"`
	Confirm string `json:"confirm,omitempty"`
	Expires string `json:"expires,omitempty"`
}

// purgeTable removes rows by a predicate, in two steps.
func (s *Server) purgeTable(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.inWorkspace(r)
	if err != nil {
		return err
	}
	var in struct {
		Where   string `json:"where"`
		Confirm string `json:"confirm"`
	}
	if err := readJSON(r, &in); err != nil {
		return err
	}
	name, actor := r.PathValue("table"), actorOf(r).Name
	if strings.TrimSpace(in.Where) == "" {
		return fault.New(fault.Invalid, "where_empty", "A purge of table %s needs a predicate: where, as in a query.", name)
	}
	filter := func(at int64) (store.RowFilter, error) {
		return s.Query.Predicate(r.Context(), ws.ID, name, in.Where, at, actor)
	}
	var p tables.Purge
	if in.Confirm == "" {
		p, err = s.Tables.PreviewPurge(r.Context(), ws.ID, name, in.Where, filter)
	} else {
		p, err = s.Tables.Purge(r.Context(), ws.ID, name, in.Where, in.Confirm, actor, filter)
	}
	if err != nil {
		return err
	}
	if in.Confirm != "" && s.Raw != nil {
		mark, _, _ := strings.Cut(in.Confirm, "-")
		at, err := strconv.ParseInt(mark, 36, 64) // the purge has read it
		if err != nil {
			return err
		}
		f, err := filter(at)
		if err != nil {
			return err
		}
		if err := s.Raw.Purge(r.Context(), ws.ID, name, f); err != nil {
			return fault.New(fault.Unavailable, "purge_raw", "%d rows of table %s were purged, but not all originals with them: %w. Ask for the purge again.", p.Rows, name, err)
		}
	}
	writeJSON(w, http.StatusOK, purgeJSON{
		Table: p.Table, Where: p.Where, Purged: in.Confirm != "", Rows: p.Rows, From: ticks(p.From), To: ticks(p.To), Files: p.Parts, Bytes: p.Bytes,
		Confirm: p.Confirm, Expires: stamp(p.Expires),
	})
	return nil
}
