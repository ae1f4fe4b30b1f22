package portal

import (
	"encoding/json"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/vedette-siem/vedette/internal/simtenant/state"
)

// act carries out the form of a detail page and goes back to it.
func (p *portal) act(w http.ResponseWriter, r *http.Request) {
	i, ok := p.incident(r)
	if !ok {
		http.NotFound(w, r)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
	to := "/incidents/" + i.Key()
	var err error
	if r.PostFormValue("do") == "merge" {
		var into int64
		if into, err = strconv.ParseInt(strings.TrimSpace(r.PostFormValue("into")), 10, 64); err == nil {
			err = p.merge(i.ID, into)
		}
	} else {
		changes, comment := wish(r, i)
		err = p.work(i.ID, changes, comment, p.me())
	}
	if err != nil {
		to += "?error=" + template.URLQueryEscaper(err.Error())
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// wish reads what the form asks for: properties as of a Graph PATCH, and a comment.
func wish(r *http.Request, i *state.Incident) (map[string]json.RawMessage, string) {
	m := map[string]json.RawMessage{}
	set := func(name string, value any) {
		if b, err := json.Marshal(value); err == nil { // texts and lists of texts always marshal
			m[name] = b
		}
	}
	switch r.PostFormValue("do") {
	case "assign":
		set("assignedTo", r.PostFormValue("owner"))
		if i.Status == "active" && r.PostFormValue("owner") != "" {
			set("status", "inProgress")
		}
	case "severity":
		set("severity", r.PostFormValue("severity"))
	case "resolve":
		classification, determination, _ := strings.Cut(r.PostFormValue("verdict"), "/")
		set("status", "resolved")
		set("classification", classification)
		set("determination", determination)
		set("resolvingComment", r.PostFormValue("text"))
	case "reopen":
		set("status", "active")
	case "tag":
		set("customTags", append(slices.Clone(i.Tags), r.PostFormValue("tag")))
	case "untag":
		set("customTags", slices.DeleteFunc(append([]string{}, i.Tags...), func(t string) bool { return t == r.PostFormValue("tag") }))
	case "comment":
		return m, r.PostFormValue("text")
	}
	return m, ""
}

// mergeSelected merges the marked incidents into the oldest of them: which one stays is the correlation's choice, not the person's.
func (p *portal) mergeSelected(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
	to, failed := "/", ""
	if err := r.ParseForm(); err != nil {
		failed = err.Error()
	}
	var marked []int64
	for _, v := range r.PostForm["incident"] {
		if id, err := strconv.ParseInt(v, 10, 64); err == nil {
			marked = append(marked, id)
		}
	}
	slices.Sort(marked)
	if len(marked) < 2 || len(marked) > 5 {
		failed = "Mark two to five incidents to merge them."
	}
	for _, id := range marked[min(1, len(marked)):] {
		if failed != "" {
			break
		}
		if err := p.merge(id, marked[0]); err != nil {
			failed = err.Error()
		}
	}
	if failed != "" {
		to += "?error=" + template.URLQueryEscaper(failed)
	} else {
		to = "/incidents/" + strconv.FormatInt(marked[0], 10)
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}
