package apptest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/vedette-siem/vedette/internal/app"
	"github.com/vedette-siem/vedette/internal/client"
	"github.com/vedette-siem/vedette/internal/simtenant"
)

// killLife is how long the server is killed again and again: 45 seconds, an hour in soak, or VEDETTE_KILL_LIFE.
func killLife() time.Duration {
	if d, err := time.ParseDuration(os.Getenv("VEDETTE_KILL_LIFE")); err == nil {
		return d
	}
	if os.Getenv("VEDETTE_SOAK") != "" {
		return time.Hour
	}
	return 45 * time.Second
}

// syncServer is `vedette serve` as a process that is killed.
type syncServer struct {
	t    *testing.T
	dir  string
	log  bytes.Buffer
	mu   sync.Mutex
	cmd  *exec.Cmd
	done chan struct{}
	api  *client.Client
}

func newSyncServer(t *testing.T, tenant simtenant.Info) *syncServer {
	t.Helper()
	s := &syncServer{t: t, dir: t.TempDir()}
	secret := filepath.Join(s.dir, "secret")
	must(t, os.WriteFile(secret, []byte(tenant.ClientSecret), 0o600))
	type m = map[string]any
	raw, err := yaml.Marshal(m{
		"listen": freeAddr(t), "data": filepath.Join(s.dir, "data"),
		"workspaces": []m{{
			"name": "soc", "resourceGroup": "soc", "incidents": m{"pollInterval": "500ms", "overlap": "1m", "limits": m{"perMinute": 6000, "perHour": 300000}},
			"tenant": m{
				"id": tenant.TenantID, "cloud": "custom", "endpoints": m{"authority": tenant.Token, "graph": tenant.Graph}, "caFile": tenant.CAFile,
				"credential": m{"clientId": tenant.ClientID, "clientSecretFile": secret},
			},
		}},
	})
	must(t, err)
	must(t, os.WriteFile(s.config(), raw, 0o600))
	s.api = client.Socket(app.SocketPath(filepath.Join(s.dir, "data")))
	t.Cleanup(func() {
		s.kill()
		if t.Failed() {
			s.mu.Lock()
			defer s.mu.Unlock()
			raw := s.log.Bytes()
			t.Logf("the server's log ends with:\n%s", raw[max(0, len(raw)-4000):])
		}
	})
	return s
}

func (s *syncServer) config() string { return filepath.Join(s.dir, "vedette.yaml") }

// Write collects the log.
func (s *syncServer) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.Write(b)
}

func (s *syncServer) start() {
	s.t.Helper()
	s.cmd = exec.Command(Binary(s.t), "serve", "--config", s.config())
	s.cmd.Stderr = s
	must(s.t, s.cmd.Start())
	cmd, done := s.cmd, make(chan struct{})
	s.done = done
	go func() { _ = cmd.Wait(); close(done) }() // it is killed: how it ended says nothing
	Eventually(s.t, 5*time.Minute, "the server answers", func() error { return s.api.Do(s.t.Context(), "GET", "/healthz", nil, nil) })
}

func (s *syncServer) kill() {
	if s.cmd != nil {
		_ = s.cmd.Process.Signal(syscall.SIGKILL)
		<-s.done
	}
}

// call asks the API; while the server is down, or dies meanwhile, it fails.
func (s *syncServer) call(method, path string, in, out any) error {
	return s.api.Do(s.t.Context(), method, "/api/w/soc"+path, in, out)
}

type shownIncident struct {
	IncidentNumber          int64
	ProviderIncidentID      string
	Title, Status, Severity string
	Classification          string
	ClassificationComment   string
	RedirectTo              string
	AdditionalData          struct{ AlertsCount int }
	Labels                  []struct{ LabelName, LabelType string }
	Comments                []struct{ Message string }
	Sync                    struct {
		State, LastError string
		Pending          []string
		Edits            []struct{ Field, State string }
	}
}

// TestSynchronisationUnderKills lets the real server live under SIGKILL every one to eight seconds and under every fault of
// the tenant, while people change incidents on both sides. No edit that was accepted may be lost, no comment may be
// doubled, and in the end both sides are equal.
func TestSynchronisationUnderKills(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute")
	}
	tenant := runTenant(t, t.TempDir())
	ask(t, "POST", tenant.Control+"/pause", nil, nil)
	s := newSyncServer(t, tenant)
	s.start()
	connect := exec.Command(Binary(t), "connector", "connect", "defender-xdr", "--incidents", "--config", s.config())
	if out, err := connect.CombinedOutput(); err != nil {
		t.Fatalf("connecting: %v\n%s", err, out)
	}
	var list struct{ Items []shownIncident }
	Eventually(t, time.Minute, "incidents arrive", func() error {
		if err := s.call("GET", "/incidents?status=New,Active&limit=100&sort=number", nil, &list); err != nil {
			return err
		}
		list.Items = slices.DeleteFunc(list.Items, func(in shownIncident) bool { return in.AdditionalData.AlertsCount == 0 })
		if len(list.Items) < 10 {
			return fmt.Errorf("%d open incidents with alerts", len(list.Items))
		}
		return nil
	})
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	l := &killedLife{t: t, s: s, tenant: tenant, r: rand.New(rand.NewPCG(seed, 1)), comments: map[string]bool{}, tags: map[string]bool{}, titles: map[string][]string{}, merged: map[string]string{}, accepted: map[string]bool{}}
	l.here, l.there, l.both, l.mergeable = list.Items[:2], list.Items[2:4], list.Items[4:6], list.Items[6:]
	l.app = tenantApp(t, tenant)
	l.notShown()
	l.run(killLife())
	l.settle()
	l.check()
}

// killedLife is what people do meanwhile, and what must be true of it.
type killedLife struct {
	t                 *testing.T
	s                 *syncServer
	tenant            simtenant.Info
	r                 *rand.Rand
	here, there, both []shownIncident     // edited here only, there only, on both sides
	comments          map[string]bool     // "id|text": whether the server accepted it
	tags              map[string]bool     // likewise
	titles            map[string][]string // of incidents edited here only: accepted or maybe accepted since the last accepted one
	mergeable         []shownIncident     // open incidents that the tenant may merge
	merged            map[string]string   // source to target
	targets           []string            // those that took others
	hidden            map[string]bool     // alerts whose product is not connected
	accepted          map[string]bool     // incidents of which a title was accepted
	app               func(id string, properties map[string]any)
	n, said, kills    int
}

func (l *killedLife) run(life time.Duration) {
	end := time.Now().Add(life)
	next := time.Now().Add(time.Duration(1+l.r.IntN(7)) * time.Second)
	kinds := []string{
		"lost-response", "late", "500", "503", "206", "stale", "drop", "html", "expired-link", "429", "429-date", "429-no-retry-after", "claims", "slow",
		"page-doubled", "page-short", "page-loop", "page-empty", "malformed",
	}
	lists := []string{"/security/incidents", "/security/incidents", "/security/alerts_v2"}
	merge := time.Now().Add(life / 6)
	for time.Now().Before(end) {
		if time.Now().After(next) {
			l.s.kill()
			l.s.start()
			l.kills++
			next = time.Now().Add(time.Duration(1+l.r.IntN(7)) * time.Second)
		}
		if time.Now().After(merge) {
			l.merge()
			merge = time.Now().Add(life / 6)
		}
		switch l.n++; l.r.IntN(11) {
		case 0:
			ask(l.t, "POST", l.tenant.Control+"/fault", map[string]any{"target": "graph", "kind": kinds[l.r.IntN(len(kinds))], "path": lists[l.r.IntN(len(lists))], "count": 1 + l.r.IntN(2)}, nil)
		case 1:
			l.editHere(l.here[l.r.IntN(len(l.here))], true)
		case 2:
			l.editHere(l.both[l.r.IntN(len(l.both))], false)
		case 3:
			l.commentHere(slices.Concat(l.here, l.both, l.mergeable)[l.r.IntN(4+len(l.mergeable))])
		case 4:
			l.editThere(slices.Concat(l.there, l.both)[l.r.IntN(4)])
		case 5:
			l.tagHere(l.both[l.r.IntN(len(l.both))])
		case 6:
			l.closeHere(l.both[l.r.IntN(len(l.both))])
		case 7:
			l.closeThere(slices.Concat(l.there, l.both)[l.r.IntN(4)])
		case 8:
			l.tagThere(slices.Concat(l.there, l.both)[l.r.IntN(4)])
		case 9:
			l.app(l.both[l.r.IntN(len(l.both))].ProviderIncidentID, map[string]any{"severity": []string{"low", "medium", "high"}[l.r.IntN(3)], "description": fmt.Sprintf("Enriched %d", l.n)})
		case 10:
			l.editHere(l.mergeable[l.r.IntN(len(l.mergeable))], true)
		}
		// A request that meets a kill gets its answer from the next server, or none.
		time.Sleep(time.Duration(50+l.r.IntN(250)) * time.Millisecond)
	}
}

func (l *killedLife) editHere(in shownIncident, alone bool) {
	title := fmt.Sprintf("Edited here %d", l.n)
	err := l.maybeKilled(func() error {
		return l.s.call("PATCH", fmt.Sprintf("/incidents/%d", in.IncidentNumber), map[string]any{"title": title}, nil)
	})
	if alone && err == nil {
		l.titles[in.ProviderIncidentID], l.accepted[in.ProviderIncidentID] = []string{title}, true
	} else if alone {
		l.titles[in.ProviderIncidentID] = append(l.titles[in.ProviderIncidentID], title)
	}
}

func (l *killedLife) commentHere(in shownIncident) {
	l.said++
	text := fmt.Sprintf("said here %d.", l.said)
	err := l.maybeKilled(func() error {
		return l.s.call("POST", fmt.Sprintf("/incidents/%d/comments", in.IncidentNumber), map[string]string{"message": text}, nil)
	})
	l.comments[in.ProviderIncidentID+"|"+text] = err == nil
}

func (l *killedLife) tagHere(in shownIncident) {
	tag := fmt.Sprintf("here-%d", l.n)
	err := l.maybeKilled(func() error {
		return l.s.call("PATCH", fmt.Sprintf("/incidents/%d", in.IncidentNumber), map[string]any{"labels": map[string]any{"add": []string{tag}}}, nil)
	})
	l.tags[in.ProviderIncidentID+"|"+tag] = err == nil
}

// maybeKilled runs a request; one in twelve meets a kill somewhere on its way.
func (l *killedLife) maybeKilled(f func() error) error {
	if l.r.IntN(12) > 0 {
		return f()
	}
	done := make(chan error, 1)
	go func() { done <- f() }()
	time.Sleep(time.Duration(l.r.IntN(4000)) * time.Microsecond)
	l.s.kill()
	err := <-done
	l.s.start()
	l.kills++
	return err
}

func (l *killedLife) editThere(in shownIncident) {
	ask(l.t, "POST", l.tenant.Portal+"/api/incidents/"+in.ProviderIncidentID, map[string]any{
		"displayName": fmt.Sprintf("Edited there %d", l.n), "severity": []string{"low", "medium", "high"}[l.r.IntN(3)],
	}, nil)
}

// settle ends faults and kills and waits until both sides agree.
func (l *killedLife) settle() {
	ask(l.t, "DELETE", l.tenant.Control+"/fault", nil, nil)
	// An incident that failed often waits up to five minutes for its next attempt, and a comment whose answer was lost a minute more.
	Eventually(l.t, 9*time.Minute, "both sides agree", func() error {
		for _, in := range l.all() {
			if err := l.equal(in); err != nil {
				return err
			}
		}
		return nil
	})
	Eventually(l.t, 2*time.Minute, "alerts agree", l.alerts)
	l.t.Logf("%d steps, %d kills, %d comments, %d merges", l.n, l.kills, len(l.comments), len(l.merged))
}

type tenantView struct {
	DisplayName, Severity, Status    string
	Classification, ResolvingComment string
	RedirectTo                       int64
	CustomTags                       []string
	Comments                         []struct{ Comment string }
}

func (l *killedLife) equal(in shownIncident) error {
	var a shownIncident
	if err := l.s.call("GET", fmt.Sprintf("/incidents/%d", in.IncidentNumber), nil, &a); err != nil {
		return err
	}
	var b tenantView
	ask(l.t, "GET", l.tenant.Portal+"/api/incidents/"+in.ProviderIncidentID, nil, &b)
	var tags []string
	for _, x := range a.Labels {
		if x.LabelType == "User" {
			tags = append(tags, strings.ToLower(x.LabelName))
		}
	}
	for i := range b.CustomTags {
		b.CustomTags[i] = strings.ToLower(b.CustomTags[i])
	}
	slices.Sort(tags)
	slices.Sort(b.CustomTags)
	words := map[string]string{"active": "New", "inProgress": "Active", "awaitingAction": "Active", "resolved": "Closed"}
	switch {
	case a.Sync.State == "rejected": // people give up what the tenant refuses
		return errors.Join(fmt.Errorf("incident %d is rejected: %s", in.IncidentNumber, a.Sync.LastError), l.refuse(in, a.Sync.LastError), l.s.call("POST", fmt.Sprintf("/incidents/%d/refused/revert", in.IncidentNumber), map[string]any{}, nil))
	case len(a.Sync.Pending) > 0: // a merged one says that a title was not sent, though its comments are still on their way
		return fmt.Errorf("incident %d is %s and waits to send %v", in.IncidentNumber, a.Sync.State, a.Sync.Pending)
	case b.RedirectTo != 0:
		if a.Status != "Closed" || a.RedirectTo != fmt.Sprint(b.RedirectTo) {
			return fmt.Errorf("incident %d is %s and merged into %q here, into %d there", in.IncidentNumber, a.Status, a.RedirectTo, b.RedirectTo)
		}
		return nil
	case strings.TrimPrefix(a.Classification, "Undetermined") != tenantWord(b.Classification) || a.ClassificationComment != b.ResolvingComment:
		return fmt.Errorf("incident %d is %s, %q here and %s, %q there", in.IncidentNumber, a.Classification, a.ClassificationComment, b.Classification, b.ResolvingComment)
	case a.Title != b.DisplayName || !strings.EqualFold(a.Severity, b.Severity) || a.Status != words[b.Status] || !slices.Equal(tags, b.CustomTags):
		return fmt.Errorf("incident %d differs: %q %s %s %v here, %+v there", in.IncidentNumber, a.Title, a.Severity, a.Status, tags, b)
	case len(l.merged) == 0 && len(a.Comments) != len(b.Comments): // a target shows those of its sources, too
		return fmt.Errorf("incident %d has %d comments here and %d there", in.IncidentNumber, len(a.Comments), len(b.Comments))
	}
	return nil
}

// check looks for lost edits and doubled comments.
func (l *killedLife) check() {
	views := map[string]tenantView{}
	for _, in := range l.all() {
		var v tenantView
		ask(l.t, "GET", l.tenant.Portal+"/api/incidents/"+in.ProviderIncidentID, nil, &v)
		views[in.ProviderIncidentID] = v
	}
	for k, accepted := range l.comments {
		id, text, _ := strings.Cut(k, "|")
		n := 0
		for _, v := range views { // a merge may have taken it to another one
			for _, c := range v.Comments {
				if strings.HasPrefix(c.Comment, text) {
					n++
				}
			}
		}
		if n > 1 || accepted && n != 1 {
			l.t.Errorf("comment %q of %s (accepted: %v) is in the tenant %d times", text, id, accepted, n)
		}
	}
	for k, accepted := range l.tags {
		id, tag, _ := strings.Cut(k, "|")
		if has := slices.ContainsFunc(views[id].CustomTags, func(t string) bool { return strings.EqualFold(t, tag) }); accepted && !has {
			l.t.Errorf("tag %q of %s was accepted here and is not in the tenant", tag, id)
		}
	}
	for id, titles := range l.titles {
		if l.merged[id] != "" || slices.Contains(l.targets, id) {
			l.keptOf(id, titles, views[id].DisplayName)
		} else if !slices.Contains(titles, views[id].DisplayName) {
			l.t.Errorf("incident %s was edited here only; the tenant says %q, want one of %q", id, views[id].DisplayName, titles)
		}
	}
	l.rows()
}

// rows checks that the newest row of each incident is what people see.
func (l *killedLife) rows() {
	Eventually(l.t, time.Minute, "the rows are complete", func() error {
		cmd := exec.Command(Binary(l.t), "query", "--config", l.s.config(), "--format", "json",
			"SecurityIncident | summarize arg_max(LastModifiedTime, *), Rows = count(), Stamps = count_distinct(LastModifiedTime) by IncidentNumber"+
				" | project IncidentNumber, Title, Severity, Status, Classification, ClassificationComment, Labels, AdditionalData, Rows, Stamps")
		raw, err := cmd.Output()
		if err != nil {
			return err
		}
		var rows []newestRow
		if err := json.Unmarshal(raw, &rows); err != nil {
			return err
		}
		newest := map[int64]string{}
		for _, r := range rows {
			if r.Rows != r.Stamps {
				return fmt.Errorf("incident %d has %d rows with %d stamps", r.IncidentNumber, r.Rows, r.Stamps)
			}
			newest[r.IncidentNumber] = r.key()
		}
		for _, in := range l.all() {
			var a shownIncident
			if err := l.s.call("GET", fmt.Sprintf("/incidents/%d", in.IncidentNumber), nil, &a); err != nil {
				return err
			}
			want := newestRow{Title: a.Title, Severity: a.Severity, Status: a.Status, Classification: a.Classification, ClassificationComment: a.ClassificationComment}
			want.AdditionalData.AlertsCount = a.AdditionalData.AlertsCount
			want.Labels = append(want.Labels, a.Labels...)
			if want := want.key(); newest[in.IncidentNumber] != want {
				return fmt.Errorf("the newest row of incident %d says %q, people see %q", in.IncidentNumber, newest[in.IncidentNumber], want)
			}
		}
		return nil
	})
}
