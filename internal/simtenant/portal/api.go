package portal

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"

	"github.com/vedette-siem/vedette/internal/simtenant/desk"
	"github.com/vedette-siem/vedette/internal/simtenant/directory"
	"github.com/vedette-siem/vedette/internal/simtenant/state"
)

type apiComment struct {
	Text string `json:"comment"`
	By   string `json:"createdBy"`
}

type apiIncident struct {
	ID               string       `json:"id"`
	Name             string       `json:"displayName"`
	Severity         string       `json:"severity"`
	Status           string       `json:"status"`
	AssignedTo       string       `json:"assignedTo"`
	Classification   string       `json:"classification"`
	Determination    string       `json:"determination"`
	ResolvingComment string       `json:"resolvingComment"`
	Tags             []string     `json:"customTags"`
	RedirectTo       int64        `json:"redirectTo,omitempty"`
	Alerts           []string     `json:"alerts"`
	Comments         []apiComment `json:"comments"`
	Updated          string       `json:"lastUpdateDateTime"`
	ModifiedBy       string       `json:"lastModifiedBy"`
}

func view(i *state.Incident) apiIncident {
	v := apiIncident{ID: i.Key(), Name: i.Name, Severity: i.Severity, Status: i.Status, AssignedTo: i.AssignedTo, Classification: i.Classification, Determination: i.Determination,
		ResolvingComment: i.ResolvingComment, Tags: append([]string{}, i.Tags...), RedirectTo: i.RedirectTo, Alerts: append([]string{}, i.Alerts...), Comments: []apiComment{},
		Updated: i.Updated.UTC().Format("2006-01-02T15:04:05.0000000Z"), ModifiedBy: i.ModifiedBy}
	for _, c := range i.Comments {
		v.Comments = append(v.Comments, apiComment{c.Text, c.By})
	}
	return v
}

func reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the client is gone if this fails
}

func (p *portal) apiList(w http.ResponseWriter, _ *http.Request) {
	out := []apiIncident{}
	for _, i := range p.cfg.Store.Incidents(0) {
		out = append(out, view(i))
	}
	reply(w, http.StatusOK, out)
}

func (p *portal) incident(r *http.Request) (*state.Incident, bool) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return nil, false
	}
	return p.cfg.Store.Incident(id)
}

func (p *portal) apiGet(w http.ResponseWriter, r *http.Request) {
	i, ok := p.incident(r)
	if !ok {
		reply(w, http.StatusNotFound, map[string]string{"error": "there is no incident " + r.PathValue("id")})
		return
	}
	reply(w, http.StatusOK, view(i))
}

// apiPost takes the properties of a Graph PATCH, and "comment" and "by" (a UPN) besides.
func (p *portal) apiPost(w http.ResponseWriter, r *http.Request) {
	i, ok := p.incident(r)
	if !ok {
		reply(w, http.StatusNotFound, map[string]string{"error": "there is no incident " + r.PathValue("id")})
		return
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	var m map[string]json.RawMessage
	if err == nil {
		err = json.Unmarshal(body, &m)
	}
	var comment string
	by := p.me()
	if raw, has := m["comment"]; has && err == nil {
		err = json.Unmarshal(raw, &comment)
	}
	if raw, has := m["by"]; has && err == nil {
		var upn string
		if err = json.Unmarshal(raw, &upn); err == nil {
			if u := p.cfg.Dir.ByUPN(upn); u != nil {
				by = u
			}
		}
	}
	if err != nil {
		reply(w, http.StatusBadRequest, map[string]string{"error": "the body must be a JSON object: " + err.Error()})
		return
	}
	delete(m, "comment")
	delete(m, "by")
	if err := p.work(i.ID, m, comment, by); err != nil {
		p.refuse(w, r, err)
		return
	}
	i, _ = p.cfg.Store.Incident(i.ID)
	reply(w, http.StatusOK, view(i))
}

// work changes and comments the incident in one step.
func (p *portal) work(id int64, properties map[string]json.RawMessage, comment string, by *directory.User) error {
	body, err := json.Marshal(properties)
	if err != nil {
		return err
	}
	change, err := desk.ParseChange(body)
	if err != nil {
		return err
	}
	stamps := p.cfg.CommentStamps()
	return p.cfg.Store.Update(func(tx *state.Tx) error {
		if len(properties) > 0 {
			if err := desk.Patch(tx, p.cfg.Dir, id, change, by.UPN); err != nil {
				return err
			}
		}
		if comment != "" {
			return desk.Comment(tx, id, comment, by.Name, stamps)
		}
		return nil
	})
}

func (p *portal) refuse(w http.ResponseWriter, r *http.Request, err error) {
	if bad := (*desk.BadRequest)(nil); errors.As(err, &bad) {
		reply(w, http.StatusBadRequest, map[string]string{"error": bad.Message})
		return
	}
	p.cfg.Logger.ErrorContext(r.Context(), "portal request", "path", r.URL.Path, "err", err)
	reply(w, http.StatusInternalServerError, map[string]string{"error": err.Error()})
}

type apiAlert struct {
	ID       string   `json:"id"`
	Title    string   `json:"title"`
	Severity string   `json:"severity"`
	Status   string   `json:"status"`
	Product  string   `json:"productName"`
	Created  string   `json:"createdDateTime"`
	Evidence []string `json:"evidence"`
}

func (p *portal) apiAlerts(w http.ResponseWriter, r *http.Request) {
	i, ok := p.incident(r)
	if !ok {
		reply(w, http.StatusNotFound, map[string]string{"error": "there is no incident " + r.PathValue("id")})
		return
	}
	out := []apiAlert{}
	for _, a := range p.alerts(i) {
		v := apiAlert{ID: a.ID, Title: a.Title, Severity: a.Severity, Status: a.Status, Product: a.ProductName, Created: a.Created.UTC().Format("2006-01-02T15:04:05.0000000Z"), Evidence: []string{}}
		for _, e := range a.Evidence {
			v.Evidence = append(v.Evidence, e.Type)
		}
		out = append(out, v)
	}
	reply(w, http.StatusOK, out)
}

// apiMerge takes {"into": N}: the incident is merged into that one.
func (p *portal) apiMerge(w http.ResponseWriter, r *http.Request) {
	i, ok := p.incident(r)
	if !ok {
		reply(w, http.StatusNotFound, map[string]string{"error": "there is no incident " + r.PathValue("id")})
		return
	}
	var m struct {
		Into int64 `json:"into"`
	}
	if err := json.NewDecoder(io.LimitReader(r.Body, 1<<16)).Decode(&m); err != nil {
		reply(w, http.StatusBadRequest, map[string]string{"error": "the body must be {\"into\": NUMBER}: " + err.Error()})
		return
	}
	if err := p.merge(i.ID, m.Into); err != nil {
		p.refuse(w, r, err)
		return
	}
	i, _ = p.cfg.Store.Incident(i.ID)
	reply(w, http.StatusOK, view(i))
}

func (p *portal) merge(source, target int64) error {
	return p.cfg.Store.Update(func(tx *state.Tx) error { return desk.MergeBy(tx, source, target, p.me().UPN) })
}
