package portal

import (
	"bytes"
	"cmp"
	"embed"
	"encoding/json"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/vedette-siem/vedette/internal/simtenant/directory"
	"github.com/vedette-siem/vedette/internal/simtenant/state"
)

//go:embed pages/*.html pages/portal.css pages/portal.js pages/icon.svg
var files embed.FS

// pages parses the templates; they are part of the program, so a mistake in them is one too.
func pages() *template.Template {
	return template.Must(template.New("").Funcs(template.FuncMap{
		"words":      words,
		"join":       func(s []string) string { return strings.Join(s, ", ") },
		"severities": severities,
	}).ParseFS(files, "pages/*.html"))
}

func severities() []string { return []string{"high", "medium", "low", "informational"} }

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
	Sources, Tags                              []string
	Open                                       bool
}

type listPage struct {
	Title, Error, Status, Find, Severity string
	Rows                                 []row
	Tabs, Severities                     []string
	Counts                               map[string]int
	More                                 int // rows that are not shown
}

// most is how many incidents the list shows.
const most = 200

func (p *portal) list(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	page := listPage{Title: "Incidents", Error: q.Get("error"), Status: cmp.Or(q.Get("status"), "open"), Find: q.Get("find"), Severity: q.Get("severity"), Counts: map[string]int{},
		Tabs: []string{"open", "resolved", "redirected", "all"}, Severities: severities()}
	incidents := p.cfg.Store.Incidents(0)
	slices.SortFunc(incidents, func(a, b *state.Incident) int { return cmp.Or(b.Updated.Compare(a.Updated), cmp.Compare(b.ID, a.ID)) })
	for _, i := range incidents {
		if !matches(i, page.Find) || page.Severity != "" && i.Severity != page.Severity {
			continue
		}
		group := i.Status
		if isOpen(i) {
			group = "open"
		}
		page.Counts[group]++
		page.Counts["all"]++
		if page.Status != "all" && page.Status != group {
			continue
		}
		if len(page.Rows) == most {
			page.More++
			continue
		}
		page.Rows = append(page.Rows, row{ID: i.ID, Name: i.Name, Severity: i.Severity, Status: i.Status, Owner: i.AssignedTo, Updated: clock(i.Updated), By: i.ModifiedBy, Alerts: len(i.Alerts), Sources: p.products(i), Tags: i.Tags, Open: isOpen(i)})
	}
	p.render(w, r, "list.html", page)
}

func isOpen(i *state.Incident) bool { return i.Status != "resolved" && i.Status != "redirected" }

// matches looks for the text in the number, the name, the owner and the tags.
func matches(i *state.Incident, text string) bool {
	text = strings.ToLower(strings.TrimSpace(text))
	return text == "" || strings.Contains(strings.ToLower(i.Key()+" "+i.Name+" "+i.AssignedTo+" "+strings.Join(i.Tags, " ")), text)
}

func clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") }

func (p *portal) alerts(i *state.Incident) []*state.Alert {
	var out []*state.Alert
	for _, id := range i.Alerts {
		if a, ok := p.cfg.Store.Alert(id); ok {
			out = append(out, a)
		}
	}
	return out
}

func (p *portal) products(i *state.Incident) []string {
	var out []string
	for _, a := range p.alerts(i) {
		if !slices.Contains(out, a.ProductName) {
			out = append(out, a.ProductName)
		}
	}
	return out
}

// evidence is a piece of evidence as people read it.
type evidence struct{ Kind, Text, Verdict string }

type alertView struct {
	*state.Alert
	When     string
	Evidence []evidence
}

// names are the properties that name a piece of evidence, the first that is there counts.
func names() []string {
	return []string{"userPrincipalName", "deviceDnsName", "fileName", "processCommandLine", "url", "ipAddress", "subject", "primaryAddress", "registryValueName", "registryKey", "resourceName", "displayName", "name", "domainName",
		"agentName", "query", "servicePrincipalName", "value", "deviceName", "sessionId", "requestId", "networkMessageId", "activeDirectoryDomainName", "threadId", "macAddress", "login", "registry", "imageId", "signatureHash", "destinationAddress", "submissionId"}
}

func describe(e state.Evidence) evidence {
	var g map[string]any
	out := evidence{Kind: words(strings.TrimSuffix(e.Type, "Evidence"))}
	if json.Unmarshal(e.Graph, &g) != nil {
		return out
	}
	out.Verdict, _ = g["verdict"].(string)
	for _, in := range []any{g, g["userAccount"], g["fileDetails"], g["account"]} {
		m, _ := in.(map[string]any)
		for _, n := range names() {
			if v, ok := m[n].(string); ok && v != "" && out.Text == "" {
				out.Text = v
			}
		}
	}
	return out
}

type detailPage struct {
	Title, Error string
	Incident     *state.Incident
	Alerts       []alertView
	Updated      string
	Created      string
	Comments     []commentView
	Team         []*directory.User
	Verdicts     []verdict
	Open         bool
}

type commentView struct{ By, When, Text string }

type verdict struct{ Value, Label string }

func verdicts() []verdict {
	return []verdict{{"truePositive/multiStagedAttack", "True positive - multistaged attack"}, {"truePositive/phishing", "True positive - phishing"}, {"truePositive/malware", "True positive - malware"},
		{"truePositive/compromisedAccount", "True positive - compromised account"}, {"truePositive/maliciousUserActivity", "True positive - malicious user activity"},
		{"informationalExpectedActivity/securityTesting", "Expected - security test"}, {"informationalExpectedActivity/confirmedActivity", "Expected - confirmed activity"},
		{"informationalExpectedActivity/lineOfBusinessApplication", "Expected - line-of-business application"},
		{"falsePositive/notMalicious", "False positive - not malicious"}, {"falsePositive/notEnoughDataToValidate", "False positive - not enough data"}, {"unknown/unknown", "Not set"}}
}

func (p *portal) detail(w http.ResponseWriter, r *http.Request) {
	i, ok := p.incident(r)
	if !ok {
		http.NotFound(w, r)
		return
	}
	page := detailPage{Title: i.Name, Incident: i, Updated: clock(i.Updated), Created: clock(i.Created), Team: p.cfg.Dir.Analysts, Error: r.URL.Query().Get("error"), Verdicts: verdicts(), Open: isOpen(i)}
	for _, a := range p.alerts(i) {
		v := alertView{Alert: a, When: clock(a.Created)}
		for _, e := range a.Evidence {
			v.Evidence = append(v.Evidence, describe(e))
		}
		page.Alerts = append(page.Alerts, v)
	}
	for _, c := range i.Comments {
		page.Comments = append(page.Comments, commentView{c.By, clock(c.At), c.Text})
	}
	p.render(w, r, "detail.html", page)
}

func (p *portal) render(w http.ResponseWriter, r *http.Request, name string, data any) {
	var b bytes.Buffer
	if err := p.pages.ExecuteTemplate(&b, name, data); err != nil {
		p.cfg.Logger.ErrorContext(r.Context(), "portal page", "page", name, "err", err)
		http.Error(w, "The page could not be made.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = b.WriteTo(w) // the reader is gone if this fails
}
