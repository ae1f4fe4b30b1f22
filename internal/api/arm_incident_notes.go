package api

import (
	"cmp"
	"hash/fnv"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/oklog/ulid/v2"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/incident"
	"github.com/vedette-siem/vedette/internal/model"
	"github.com/vedette-siem/vedette/internal/odata"
)

// guidOf writes the id of a comment, 16 bytes as a ULID or as hexadecimal digits, as the GUID that names it.
func guidOf(id string) string {
	if u, err := ulid.ParseStrict(id); err == nil {
		return uuid.UUID(u).String()
	}
	if g, err := uuid.Parse(id); err == nil {
		return g.String()
	}
	return id
}

// armAuthor is who wrote something, as far as the name tells.
func armAuthor(name string) map[string]*string {
	out := map[string]*string{"name": &name, "objectId": nil, "email": nil, "userPrincipalName": nil}
	if strings.Contains(name, "@") {
		out["email"], out["userPrincipalName"] = &name, &name
	}
	return out
}

// hashTag is the etag of something that has no revision.
func hashTag(parts ...string) string {
	h := fnv.New64a()
	for _, p := range parts {
		_, _ = h.Write([]byte(p + "\x00"))
	}
	return strconv.Quote(strconv.FormatUint(h.Sum64(), 16))
}

// below is a resource below an incident.
func below(ws *Workspace, in *model.Incident, kind, name string) armResource {
	a := ws.insights("incidents", in.Name)
	a.ID, a.Name, a.Type = a.ID+"/"+kind+"/"+name, name, a.Type+"/"+kind
	return a
}

func armComment(ws *Workspace, in *model.Incident, c *model.Comment) armResource {
	a := below(ws, in, "comments", guidOf(c.ID))
	a.Etag = hashTag(c.Message)
	a.Properties = map[string]any{"message": c.Message, "author": armAuthor(c.Author), "createdTimeUtc": timeOf(c.Created), "lastModifiedTimeUtc": timeOf(c.Created)}
	return a
}

// comments are those of the incident that a path names, newest first.
func (s *Server) comments(r *http.Request, ws *Workspace) (model.Incident, []model.Comment, error) {
	in, err := s.named(r, ws)
	if err != nil {
		return in, nil, err
	}
	all, err := s.Incidents.Comments(r.Context(), ws.ID, in.Number)
	slices.Reverse(all)
	return in, all, err
}

func (s *Server) armListComments(w http.ResponseWriter, r *http.Request, ws *Workspace) error {
	in, all, err := s.comments(r, ws)
	if err != nil {
		return err
	}
	order, err := odata.ParseOrder(options(r)["$orderby"])
	if err != nil {
		return err
	}
	for _, o := range order {
		if !strings.EqualFold(strings.TrimPrefix(strings.ToLower(o.Path), "properties/"), "createdTimeUtc") {
			return fault.New(fault.Invalid, "order_invalid", "comments are ordered by properties/createdTimeUtc, not by %q", o.Path)
		}
		slices.SortStableFunc(all, func(a, b model.Comment) int {
			if o.Desc {
				a, b = b, a
			}
			return cmp.Or(a.Created.Compare(b.Created), strings.Compare(a.ID, b.ID))
		})
	}
	return armPage(w, r, all, func(c *model.Comment) armResource { return armComment(ws, &in, c) })
}

// findComment is the comment that a path names, nil when there is none.
func findComment(r *http.Request, all []model.Comment) *model.Comment {
	i := slices.IndexFunc(all, func(c model.Comment) bool { return strings.EqualFold(guidOf(c.ID), r.PathValue("comment")) })
	if i < 0 {
		return nil
	}
	return &all[i]
}

func (s *Server) armGetComment(w http.ResponseWriter, r *http.Request, ws *Workspace) error {
	in, all, err := s.comments(r, ws)
	if err != nil {
		return err
	}
	c := findComment(r, all)
	if c == nil {
		return fault.New(fault.NotFound, "comment_not_found", "incident %d has no comment %q", in.Number, r.PathValue("comment"))
	}
	writeJSON(w, http.StatusOK, armComment(ws, &in, c))
	return nil
}

// armPutComment adds a comment; its name makes a repeated request add it once.
func (s *Server) armPutComment(w http.ResponseWriter, r *http.Request, ws *Workspace) error {
	var body struct {
		Properties struct{ Message string }
	}
	if err := readARM(r, &body); err != nil {
		return err
	}
	in, all, err := s.comments(r, ws)
	if err != nil {
		return err
	}
	name, err := uuid.Parse(r.PathValue("comment"))
	if err != nil || len(r.PathValue("comment")) != 36 {
		return fault.New(fault.Invalid, "name_invalid", "the name of a comment is a GUID; %q is none", r.PathValue("comment"))
	}
	id := ulid.ULID(name).String()
	if c := findComment(r, all); c != nil {
		id = c.ID
	}
	c, made, err := s.Incidents.PutComment(r.Context(), ws.ID, in.Number, id, body.Properties.Message, by(r))
	if err != nil {
		return err
	}
	writeJSON(w, madeStatus(made), armComment(ws, &in, &c))
	return nil
}

func (s *Server) armDeleteComment(w http.ResponseWriter, r *http.Request, ws *Workspace) error {
	in, all, err := s.comments(r, ws)
	if err != nil {
		return err
	}
	had := false
	if c := findComment(r, all); c != nil {
		if had, err = s.Incidents.RemoveComment(r.Context(), ws.ID, in.Number, c.ID, by(r)); err != nil {
			return err
		}
	}
	writeDeleted(w, had)
	return nil
}

func armTask(ws *Workspace, in *model.Incident, t *model.Task) armResource {
	a := below(ws, in, "tasks", t.Name)
	a.Etag = hashTag(t.Title, t.Description, t.Status)
	a.Properties = map[string]any{
		"title": t.Title, "description": t.Description, "status": t.Status, "createdTimeUtc": timeOf(t.Created), "lastModifiedTimeUtc": timeOf(t.Modified),
		"createdBy": armAuthor(t.CreatedBy), "lastModifiedBy": armAuthor(cmp.Or(t.ModifiedBy, t.CreatedBy)),
	}
	return a
}

func (s *Server) armListTasks(w http.ResponseWriter, r *http.Request, ws *Workspace) error {
	in, err := s.named(r, ws)
	if err != nil {
		return err
	}
	return armPage(w, r, in.Tasks, func(t *model.Task) armResource { return armTask(ws, &in, t) })
}

// task is the task that a path names, nil when there is none.
func (s *Server) task(r *http.Request, ws *Workspace) (model.Incident, *model.Task, error) {
	in, err := s.named(r, ws)
	if err != nil {
		return in, nil, err
	}
	i := slices.IndexFunc(in.Tasks, func(t model.Task) bool { return strings.EqualFold(t.Name, r.PathValue("task")) })
	if i < 0 {
		return in, nil, nil
	}
	return in, &in.Tasks[i], nil
}

func (s *Server) armGetTask(w http.ResponseWriter, r *http.Request, ws *Workspace) error {
	in, t, err := s.task(r, ws)
	if err != nil {
		return err
	}
	if t == nil {
		return fault.New(fault.NotFound, "task_not_found", "incident %d has no task %q", in.Number, r.PathValue("task"))
	}
	writeJSON(w, http.StatusOK, armTask(ws, &in, t))
	return nil
}

func (s *Server) armPutTask(w http.ResponseWriter, r *http.Request, ws *Workspace) error {
	var body struct {
		Etag       string
		Properties struct{ Title, Description, Status *string }
	}
	if err := readARM(r, &body); err != nil {
		return err
	}
	in, was, err := s.task(r, ws)
	if err != nil {
		return err
	}
	name := r.PathValue("task")
	if was != nil {
		name = was.Name
	} else if len(name) > 100 {
		return fault.New(fault.Invalid, "name_invalid", "the name of a task has at most 100 characters")
	}
	if etag := cmp.Or(body.Etag, r.Header.Get("If-Match")); etag != "" && etag != "*" && (was == nil || armTask(ws, &in, was).Etag != strconv.Quote(strings.Trim(etag, `"`))) {
		return fault.New(fault.Conflict, "etag_mismatch", "task %s of incident %d was changed since it was read; read it again", name, in.Number)
	}
	t, made, err := s.Incidents.PutTask(r.Context(), ws.ID, in.Number, name, incident.TaskChange(body.Properties), by(r))
	if err != nil {
		return err
	}
	writeJSON(w, madeStatus(made), armTask(ws, &in, &t))
	return nil
}

func (s *Server) armDeleteTask(w http.ResponseWriter, r *http.Request, ws *Workspace) error {
	in, t, err := s.task(r, ws)
	if err != nil {
		return err
	}
	if t != nil {
		err = s.Incidents.RemoveTask(r.Context(), ws.ID, in.Number, t.Name, by(r))
	}
	if err != nil {
		return err
	}
	writeDeleted(w, t != nil)
	return nil
}
