package api

import (
	"net/http"

	"github.com/vedette-siem/vedette/internal/auth"
	"github.com/vedette-siem/vedette/internal/backup"
	"github.com/vedette-siem/vedette/internal/fault"
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
		return fault.New(fault.Invalid, "backup_destination", "Name the folder for the backup, and how many to keep (0 keeps all).")
	}
	if !s.backing.TryLock() {
		return fault.New(fault.Conflict, "backup_running", "A backup is being made already; wait until it is done.")
	}
	defer s.backing.Unlock()
	res, err := s.Backup(r.Context(), in.To)
	if err != nil {
		return err
	}
	removed := 0
	if in.Keep > 0 {
		if removed, err = backup.Prune(in.To, in.Keep); err != nil {
			return err
		}
	}
	writeJSON(w, http.StatusOK, backupJSON{
		Path: res.Path, Rows: res.Rows, Parts: res.Parts, Bytes: res.Bytes, Copied: res.Copied, HeldMillis: res.Held.Milliseconds(), Removed: removed,
	})
	return nil
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
