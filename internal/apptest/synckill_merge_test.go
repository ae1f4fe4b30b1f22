package apptest

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vedette-siem/vedette/internal/simtenant"
)

// This half of the killed life is about incidents as wholes: how they are closed, what the tenant merges, what another
// program writes there, the alerts, and the row that tells of everything.

// tenantWord is a classification of the tenant in the workspace's words; "" is none.
func tenantWord(tenant string) string {
	return map[string]string{"truePositive": "TruePositive", "falsePositive": "FalsePositive", "informationalExpectedActivity": "BenignPositive"}[tenant]
}

// all are the incidents that the life is about.
func (l *killedLife) all() []shownIncident {
	return slices.Concat(l.here, l.there, l.both, l.mergeable)
}

// closeHere closes an incident, or opens it again: status, classification and comment are one edit.
func (l *killedLife) closeHere(in shownIncident) {
	change := map[string]any{"status": "Active", "classificationComment": fmt.Sprintf("looked at here %d", l.n)}
	if l.r.IntN(2) == 0 {
		change = map[string]any{
			"status": "Closed", "classification": "TruePositive", "classificationReason": "SuspiciousActivity", "classificationComment": fmt.Sprintf("closed here %d", l.n),
		}
	}
	_ = l.maybeKilled(func() error { return l.s.call("PATCH", fmt.Sprintf("/incidents/%d", in.IncidentNumber), change, nil) }) // whether it arrives, equal tells
}

func (l *killedLife) closeThere(in shownIncident) {
	change := map[string]any{"status": "inProgress"}
	if l.r.IntN(2) == 0 {
		change = map[string]any{
			"status": "resolved", "classification": "falsePositive", "determination": "notMalicious", "resolvingComment": fmt.Sprintf("closed there %d", l.n),
		}
	}
	ask(l.t, "POST", l.tenant.Portal+"/api/incidents/"+in.ProviderIncidentID, change, nil)
}

// tagThere adds a tag in the tenant; the list is written whole there, as people there do it.
func (l *killedLife) tagThere(in shownIncident) {
	var v tenantView
	ask(l.t, "GET", l.tenant.Portal+"/api/incidents/"+in.ProviderIncidentID, nil, &v)
	ask(l.t, "POST", l.tenant.Portal+"/api/incidents/"+in.ProviderIncidentID, map[string]any{"customTags": append(v.CustomTags, fmt.Sprintf("there-%d", l.n))}, nil)
}

// merge has the tenant merge two incidents, right after both were edited and commented on here.
func (l *killedLife) merge() {
	open := slices.DeleteFunc(slices.Clone(l.mergeable), func(in shownIncident) bool { return l.merged[in.ProviderIncidentID] != "" })
	if len(open) < 2 {
		return
	}
	l.r.Shuffle(len(open), func(i, j int) { open[i], open[j] = open[j], open[i] })
	source, target := open[0], open[1]
	into, err := strconv.ParseInt(target.ProviderIncidentID, 10, 64)
	must(l.t, err)
	l.editHere(source, true)
	l.commentHere(source)
	l.commentHere(target)
	body, err := json.Marshal(map[string]int64{"into": into})
	must(l.t, err)
	req, err := http.NewRequestWithContext(l.t.Context(), "POST", l.tenant.Portal+"/api/incidents/"+source.ProviderIncidentID+"/merge", bytes.NewReader(body))
	must(l.t, err)
	resp, err := http.DefaultClient.Do(req)
	must(l.t, err)
	must(l.t, resp.Body.Close())
	if resp.StatusCode < 300 { // the correlation refuses some pairs
		l.merged[source.ProviderIncidentID] = target.ProviderIncidentID
		l.targets = append(l.targets, target.ProviderIncidentID)
	}
	l.commentHere(source)
}

// refuse notes that the tenant refused something of an incident, and why.
func (l *killedLife) refuse(in shownIncident, why string) error {
	l.t.Logf("the tenant refused a value of incident %d (%s there): %s", in.IncidentNumber, in.ProviderIncidentID, why)
	return nil
}

// keptOf checks that a title that was accepted here is in the tenant, was there before a merge renamed its target, or is told
// of as not sent or as a conflict: a merge keeps its source from being changed.
func (l *killedLife) keptOf(id string, titles []string, there string) {
	if slices.Contains(titles, there) || !l.accepted[id] {
		return
	}
	i := slices.IndexFunc(l.mergeable, func(in shownIncident) bool { return in.ProviderIncidentID == id })
	var list struct {
		Items []struct {
			Field string
			Local struct{ Value string }
		}
	}
	if err := l.s.call("GET", fmt.Sprintf("/incidents/%d/conflicts", l.mergeable[i].IncidentNumber), nil, &list); err != nil {
		l.t.Error(err)
	}
	for _, c := range list.Items {
		if c.Field == "title" && c.Local.Value == titles[0] {
			return
		}
	}
	var in shownIncident
	if err := l.s.call("GET", fmt.Sprintf("/incidents/%d", l.mergeable[i].IncidentNumber), nil, &in); err != nil {
		l.t.Error(err)
	}
	for _, e := range in.Sync.Edits {
		if e.Field == "title" && e.State == "synced" { // the tenant had it, and its merge gave the target a new one later
			return
		}
	}
	l.t.Errorf("incident %s: the title %q was accepted here, the tenant says %q, and nothing tells of it: %+v", id, titles[0], there, list.Items)
}

// tenantApp returns what another program does in the tenant: it writes properties of an incident through Graph. Its writes
// meet the same faults; it does not mind.
func tenantApp(t *testing.T, tenant simtenant.Info) func(id string, properties map[string]any) {
	t.Helper()
	pem, err := os.ReadFile(tenant.CAFile)
	must(t, err)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}
	t.Cleanup(transport.CloseIdleConnections)
	h := &http.Client{Transport: transport, Timeout: 10 * time.Second}
	return func(id string, properties map[string]any) {
		form := url.Values{"grant_type": {"client_credentials"}, "client_id": {tenant.ClientID}, "client_secret": {tenant.ClientSecret}, "scope": {"https://graph.microsoft.com/.default"}}
		resp, err := h.PostForm(strings.TrimRight(tenant.Token, "/")+"/"+tenant.TenantID+"/oauth2/v2.0/token", form)
		if err != nil {
			return
		}
		defer resp.Body.Close()
		var token struct {
			AccessToken string `json:"access_token"`
		}
		if json.NewDecoder(resp.Body).Decode(&token) != nil {
			return
		}
		body, err := json.Marshal(properties)
		must(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, "PATCH", strings.TrimSuffix(strings.TrimRight(tenant.Graph, "/"), "/v1.0")+"/v1.0/security/incidents/"+id, bytes.NewReader(body))
		must(t, err)
		req.Header.Set("Authorization", "Bearer "+token.AccessToken)
		req.Header.Set("Content-Type", "application/json")
		if resp, err := h.Do(req); err == nil {
			must(t, resp.Body.Close())
		}
	}
}

// theirs are the alerts of the tenant by incident.
func (l *killedLife) theirs() map[string][]string {
	req, err := http.NewRequestWithContext(l.t.Context(), "GET", l.tenant.Control+"/truth/incidents", nil)
	must(l.t, err)
	resp, err := http.DefaultClient.Do(req)
	must(l.t, err)
	defer resp.Body.Close()
	out := map[string][]string{}
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var in struct {
			ID     json.Number
			Alerts []struct{ ID string }
		}
		must(l.t, json.Unmarshal(lines.Bytes(), &in))
		for _, a := range in.Alerts {
			out[in.ID.String()] = append(out[in.ID.String()], a.ID)
		}
	}
	must(l.t, lines.Err())
	return out
}

// ours are the alerts that an incident has here.
func (l *killedLife) ours(in shownIncident) (out []string, err error) {
	var page struct{ Items []struct{ ID string } }
	err = l.s.call("GET", fmt.Sprintf("/incidents/%d/alerts?limit=1000", in.IncidentNumber), nil, &page)
	for _, a := range page.Items {
		out = append(out, a.ID)
	}
	return out, err
}

// notShown notes which alerts are not shown, because their products are not connected.
func (l *killedLife) notShown() {
	Eventually(l.t, time.Minute, "alerts arrive", func() error {
		theirs, missing := l.theirs(), map[string]bool{}
		for _, in := range l.all() {
			ours, err := l.ours(in)
			if err != nil || len(ours) == 0 {
				return fmt.Errorf("incident %d has %d alerts: %w", in.IncidentNumber, len(ours), err)
			}
			for _, id := range theirs[in.ProviderIncidentID] {
				if !slices.Contains(ours, id) {
					missing[id] = true
				}
			}
		}
		again := maps.Equal(missing, l.hidden)
		if l.hidden = missing; !again {
			return fmt.Errorf("alerts go on coming")
		}
		return nil
	})
}

// alerts compares the alerts of each incident here and in the tenant.
func (l *killedLife) alerts() error {
	theirs := l.theirs()
	for _, in := range l.all() {
		ours, err := l.ours(in)
		if err != nil {
			return err
		}
		want := slices.DeleteFunc(theirs[in.ProviderIncidentID], func(id string) bool { return l.hidden[id] })
		slices.Sort(ours)
		slices.Sort(want)
		if !slices.Equal(ours, want) {
			return fmt.Errorf("incident %d (%s there) has the alerts %v here and %v there", in.IncidentNumber, in.ProviderIncidentID, ours, want)
		}
	}
	return nil
}

// newestRow is what the newest row of an incident says.
type newestRow struct {
	IncidentNumber                        int64
	Title, Severity, Status               string
	Classification, ClassificationComment string
	Labels                                []struct{ LabelName, LabelType string }
	AdditionalData                        struct{ AlertsCount int }
	Rows, Stamps                          int
}

// key is everything that people see of it.
func (r newestRow) key() string {
	var labels []string
	for _, x := range r.Labels {
		labels = append(labels, x.LabelName)
	}
	slices.Sort(labels)
	return fmt.Sprintf("%q %s %s %s %q %d alerts %q", r.Title, r.Severity, r.Status, cmp.Or(r.Classification, "unclassified"), r.ClassificationComment, r.AdditionalData.AlertsCount, labels)
}
