package api

import (
	"context"
	"encoding/json"
	"net/http"
	"regexp"

	"github.com/vedette-siem/vedette/internal/fault"
)

// Preferences keeps what each person chose for the pages: saved filters, columns. Values are JSON; nil is none.
type Preferences interface {
	Preference(ctx context.Context, workspace, person, key string) (json.RawMessage, error)
	PutPreference(ctx context.Context, workspace, person, key string, value json.RawMessage) error
}

// maxPreference is how large a value may be, in bytes.
const maxPreference = 64 << 10

var preferenceKey = regexp.MustCompile(`^[a-z][A-Za-z0-9.-]{0,63}$`)

// preference resolves workspace, person and key of a route. The operator of the machine and programs keep theirs, too.
func (s *Server) preference(r *http.Request) (ws *Workspace, person, key string, err error) {
	if ws, err = s.inWorkspace(r); err != nil {
		return nil, "", "", err
	}
	if key = r.PathValue("key"); !preferenceKey.MatchString(key) {
		return nil, "", "", fault.New(fault.Invalid, "key_invalid", "%q is not the name of a setting: letters, digits, dots and dashes, at most 64.", key)
	}
	a := actorOf(r)
	return ws, a.Kind + ":" + a.ID, key, nil
}

func (s *Server) showPreference(w http.ResponseWriter, r *http.Request) error {
	ws, person, key, err := s.preference(r)
	if err != nil {
		return err
	}
	value, err := s.Preferences.Preference(r.Context(), ws.ID, person, key)
	if err != nil {
		return err
	}
	if value == nil {
		value = json.RawMessage("null")
	}
	writeJSON(w, http.StatusOK, map[string]json.RawMessage{"value": value})
	return nil
}

func (s *Server) setPreference(w http.ResponseWriter, r *http.Request) error {
	ws, person, key, err := s.preference(r)
	if err != nil {
		return err
	}
	var in struct {
		Value json.RawMessage `json:"value"`
	}
	if err := readJSON(r, &in); err != nil {
		return err
	}
	switch {
	case in.Value == nil:
		return fault.New(fault.Invalid, "value_missing", "The body is {\"value\": ...}; null forgets the setting.")
	case len(in.Value) > maxPreference:
		return fault.New(fault.TooLarge, "value_too_large", "A setting may have %d KB; this one has %d.", maxPreference>>10, len(in.Value)>>10)
	}
	if err := s.Preferences.PutPreference(r.Context(), ws.ID, person, key, in.Value); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
