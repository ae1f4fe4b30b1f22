package portal

import (
	"cmp"
	"embed"
	"encoding/json"
	"html/template"
	"net/http"
	"slices"
	"strings"

	"github.com/vedette-siem/vedette/internal/simtenant/directory"
	"github.com/vedette-siem/vedette/internal/simtenant/state"
)

//go:embed pages/*.html pages/portal.css pages/portal.js
var files embed.FS

// pages parses the templates; they are part of the program, so a mistake in them is one too.
func pages() *template.Template {
	return template.Must(template.New("").Funcs(template.FuncMap{
		"words": words,
		"join":  func(s []string) string { return strings.Join(s, ", ") },
	}).ParseFS(files, "pages/*.html"))
}

// words makes inProgress read as In progress.
func words(s string) string {
	var b strings.Builder
	for i, c := range s {
		switch {
		case i == 0:
			b.WriteString(strings.ToUpper(string(c)))
		case c >= 'A' && c <= 'Z':
			b.WriteString(" " + strings.ToLower(string(c)))
		default:
			b.WriteRune(c)
		}
	}
	return b.String()
}

type row struct {
	ID                                         int64
	Name, Severity, Status, Owner, Updated, By string
	Alerts                                     int
	Sources                                    []string
}

type listPage struct {
	Rows   []row
	Tabs   []string
	Status string
	Counts map[string]int
}

func (p *portal) list(w http.ResponseWriter, r *http.Request) {
	page := listPage{Status: cmp.Or(r.URL.Query().Get("status"), "open"), Counts: map[string]int{}, Tabs: []string{"open", "resolved", "redirected", "all"}}
	incidents := p.cfg.Store.Incidents(0)
	slices.SortFunc(incidents, func(a, b *state.Incident) int { return cmp.Or(b.Updated.Compare(a.Updated), cmp.Compare(b.ID, a.ID)) })
	for _, i := range incidents {
		group := i.Status
		if group != "resolved" && group != "redirected" {
			group = "open"
		}
		page.Counts[group]++
		page.Counts["all"]++
		if page.Status != "all" && page.Status != group && page.Status != i.Status || len(page.Rows) == 300 {
			continue
		}
		page.Rows = append(page.Rows, row{ID: i.ID, Name: i.Name, Severity: i.Severity, Status: i.Status, Owner: i.AssignedTo, Updated: clock(i), By: i.ModifiedBy, Alerts: len(i.Alerts), Sources: p.products(i)})
	}
	p.render(w, r, "list.html", page)
}

func clock(i *state.Incident) string { return i.Updated.UTC().Format("2006-01-02 15:04:05") }

func (p *portal) products(i *state.Incident) []string {
	var out []string
	for _, id := range i.Alerts {
		if a, ok := p.cfg.Store.Alert(id); ok && !slices.Contains(out, a.ProductName) {
			out = append(out, a.ProductName)
		}
	}
	return out
}

type detailPage struct {
	Incident *state.Incident
	Alerts   []*state.Alert
	Updated  string
	Team     []*directory.User
	Error    string
	Open     bool
}

func (p *portal) detail(w http.ResponseWriter, r *http.Request) {
	i, ok := p.incident(r)
	if !ok {
		http.NotFound(w, r)
		return
	}
	page := detailPage{Incident: i, Updated: clock(i), Team: p.cfg.Dir.Analysts, Error: r.URL.Query().Get("error"), Open: i.Status != "resolved" && i.Status != "redirected"}
	for _, id := range i.Alerts {
		if a, ok := p.cfg.Store.Alert(id); ok {
			page.Alerts = append(page.Alerts, a)
		}
	}
	p.render(w, r, "detail.html", page)
}

func (p *portal) render(w http.ResponseWriter, r *http.Request, name string, data any) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if err := p.pages.ExecuteTemplate(w, name, data); err != nil && r.Context().Err() == nil {
		p.cfg.Logger.ErrorContext(r.Context(), "portal page", "page", name, "err", err)
	}
}

// act carries out the form of a detail page and goes back to it.
func (p *portal) act(w http.ResponseWriter, r *http.Request) {
	i, ok := p.incident(r)
	if !ok {
		http.NotFound(w, r)
		return
	}
	m := map[string]json.RawMessage{}
	set := func(name, value string) {
		b, err := json.Marshal(value)
		if err == nil {
			m[name] = b
		}
	}
	comment := ""
	switch r.PostFormValue("do") {
	case "assign":
		set("assignedTo", r.PostFormValue("owner"))
		if i.Status == "active" && r.PostFormValue("owner") != "" {
			set("status", "inProgress")
		}
	case "resolve":
		classification, determination, _ := strings.Cut(r.PostFormValue("verdict"), "/")
		set("status", "resolved")
		set("classification", classification)
		set("determination", determination)
		set("resolvingComment", r.PostFormValue("text"))
	case "reopen":
		set("status", "active")
	case "comment":
		comment = r.PostFormValue("text")
	}
	to := "/incidents/" + i.Key()
	if err := p.work(i.ID, m, comment, p.me()); err != nil {
		to += "?error=" + template.URLQueryEscaper(err.Error())
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}
