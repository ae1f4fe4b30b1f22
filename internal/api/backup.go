package api

import (
	"context"
	"net/http"

	"github.com/vedette-siem/vedette/internal/auth"
	"github.com/vedette-siem/vedette/internal/backup"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/tables"
)

// makeBackup backs the server up into a folder of its machine. Only the operator of that machine may: it writes where it is told.
func (s *Server) makeBackup(w http.ResponseWriter, r *http.Request) error {
	if actorOf(r).Kind != auth.Operator.Kind {
		return fault.New(fault.Permission, "operator_only", "Backups are made on the server's own machine: run vedette backup --config FILE there.")
	}
	var in struct {
		To   string `json:"to"`
		Keep int    `json:"keep"`
	}
	if err := readJSON(r, &in); err != nil {
		return err
	}
	if in.To == "" || in.Keep < 0 {
		return fault.New(fault.Invalid, "backup_destination", "Name the folder or bucket for the backup, and how many to keep (0 keeps all).")
	}
	if !s.backing.TryLock() {
		return fault.New(fault.Conflict, "backup_running", "A backup is being made already; wait until it is done.")
	}
	defer s.backing.Unlock()
	var res backup.Result
	removed := 0
	err := s.auditedEverywhere(r.Context(), tables.Audit{Actor: actorOf(r).Name, Operation: "Back up", Kind: "Server", Name: "data", Properties: map[string]any{"To": in.To}}, func(ctx context.Context) (_ map[string]any, err error) {
		res, removed, err = s.Backup(ctx, in.To, in.Keep)
		return map[string]any{"Path": res.Path, "Rows": res.Rows, "Bytes": res.Bytes}, err
	})
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, backupJSON{
		Path: res.Path, Rows: res.Rows, Parts: res.Parts, Bytes: res.Bytes, Copied: res.Copied, HeldMillis: res.Held.Milliseconds(), Removed: removed,
	})
	return nil
}

// auditedEverywhere does something that concerns all workspaces between audit rows in each.
func (s *Server) auditedEverywhere(ctx context.Context, a tables.Audit, do func(context.Context) (map[string]any, error)) error {
	for _, w := range s.Workspaces {
		inner := do
		do = func(ctx context.Context) (told map[string]any, err error) {
			err = s.Tables.Audited(ctx, w.ID, a, func(ctx context.Context) (map[string]any, error) {
				told, err = inner(ctx)
				return told, err
			})
			return told, err
		}
	}
	_, err := do(ctx)
	return err
}

// backupJSON tells what a backup did: copied is what the destination did not have yet, heldMillis how long intake waited.
type backupJSON struct {
	Path       string `json:"path"`
	Rows       int64  `json:"rows"`
	Parts      int    `json:"parts"`
	Bytes      int64  `json:"bytes"`
	Copied     int64  `json:"copied"`
	HeldMillis int64  `json:"heldMillis"`
	Removed    int    `json:"removed"`
}
