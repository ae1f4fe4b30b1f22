package apptest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vedette-siem/vedette/internal/connector/defenderxdr"
	"github.com/vedette-siem/vedette/internal/health"
	"github.com/vedette-siem/vedette/internal/incident"
	"github.com/vedette-siem/vedette/internal/meta"
	"github.com/vedette-siem/vedette/internal/model"
	"github.com/vedette-siem/vedette/internal/msgraph"
	"github.com/vedette-siem/vedette/internal/simtenant"
	"github.com/vedette-siem/vedette/internal/store"
	"github.com/vedette-siem/vedette/internal/syncback"
)

const syncWorkspace = "11111111-2222-3333-4444-555555555555"

// runTenant runs a small simulated tenant until the test ends.
func runTenant(t *testing.T, dir string) simtenant.Info {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ready := make(chan simtenant.Info, 1)
	done := make(chan error, 1)
	go func() {
		done <- simtenant.Run(ctx, simtenant.Config{
			Dir: dir, Seed: 11, Ready: func(i simtenant.Info) { ready <- i },
			Size: simtenant.Size{People: 40, Devices: 50, Incidents: 60, Span: 40 * 24 * time.Hour, Events: 500},
		})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the tenant ended with %v", err)
		}
	})
	select {
	case i := <-ready:
		return i
	case err := <-done:
		done <- nil
		t.Fatalf("the tenant ended: %v", err)
	}
	return simtenant.Info{}
}

// side is the workspace's side of the synchronisation, without the rest of the server.
type side struct {
	t     *testing.T
	svc   *incident.Service
	conn  *defenderxdr.Connector
	board *health.Board
	store *store.Store
	stop  func()
}

// startSide opens the data directory and runs the connector on it. stop ends it as a kill would, but for open files.
func startSide(t *testing.T, dir string, tenant simtenant.Info) *side {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	db, err := meta.Open(ctx, filepath.Join(dir, "state.db"))
	must(t, err)
	st, err := store.Open(ctx, store.Options{Dir: dir, Manifest: db})
	must(t, err)
	secret := filepath.Join(dir, "secret")
	must(t, os.WriteFile(secret, []byte(tenant.ClientSecret), 0o600))
	graph, err := msgraph.New(msgraph.Config{
		TenantID: tenant.TenantID, Cloud: "custom", Authority: tenant.Token, Graph: tenant.Graph, CAFile: tenant.CAFile,
		ClientID: tenant.ClientID, ClientSecretFile: secret, Limiter: msgraph.NewLimiter(msgraph.Limits{PerMinute: 3000, PerHour: 100000}, ""),
	})
	must(t, err)
	log := slog.New(slog.DiscardHandler)
	if testing.Verbose() {
		log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	s := &side{t: t, svc: incident.New(db, log), board: &health.Board{}, store: st}
	worker := &syncback.Worker{Store: s.svc.SyncStore(syncWorkspace), Remote: defenderxdr.NewRemote(graph), Clock: incident.Clock{}, Policy: syncback.RemoteWins, Logger: log}
	s.conn = defenderxdr.New(defenderxdr.Config{
		Workspace: syncWorkspace, Graph: graph, Sink: s.svc.Sink(syncWorkspace), Worker: worker, Health: s.board, Logger: log,
		Poll: 300 * time.Millisecond, Overlap: 2 * time.Minute,
	})
	s.svc.AddWorkspace(incident.Workspace{
		ID: syncWorkspace, Name: "soc", Directory: defenderxdr.NewDirectory(graph), Opened: s.conn.Opened, Changed: worker.Wake,
	})
	var wg sync.WaitGroup
	run := func(name string, f func(context.Context) error) {
		wg.Go(func() {
			if err := f(ctx); err != nil && !errors.Is(err, context.Canceled) {
				t.Errorf("%s ended: %v", name, err)
			}
		})
	}
	run("pump", s.svc.Pump(st).Run)
	for _, x := range s.conn.Streams() {
		run(x.Name(), x.Run)
	}
	s.stop = sync.OnceFunc(func() {
		cancel()
		wg.Wait()
		graph.Close()
		if err := errors.Join(st.Close(), db.Close()); err != nil {
			t.Errorf("closing: %v", err)
		}
	})
	t.Cleanup(s.stop)
	return s
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// eventually waits until f returns "".
func eventually(t *testing.T, what string, f func() string) {
	t.Helper()
	var last string
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		if last = f(); last == "" {
			return
		}
	}
	t.Fatalf("%s: %s", what, last)
}

// ask sends a request to the tenant's portal or control API and decodes the answer.
func ask(t *testing.T, method, url string, body, out any) {
	t.Helper()
	b, err := json.Marshal(body)
	must(t, err)
	req, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader(b))
	must(t, err)
	resp, err := http.DefaultClient.Do(req)
	must(t, err)
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	must(t, err)
	if resp.StatusCode >= 300 {
		t.Fatalf("%s %s: %d %s", method, url, resp.StatusCode, raw)
	}
	if out != nil {
		must(t, json.Unmarshal(raw, out))
	}
}

type portalIncident struct {
	ID, Status, AssignedTo, Classification, Determination, ResolvingComment, Severity string
	CustomTags, Alerts                                                                []string
	RedirectTo                                                                        int64
	Comments                                                                          []struct{ Comment string }
}

func portalGet(t *testing.T, i simtenant.Info, id string) portalIncident {
	t.Helper()
	var out portalIncident
	ask(t, "GET", i.Portal+"/api/incidents/"+id, nil, &out)
	return out
}

// complete waits until every incident of the tenant is here.
func (s *side) complete(tenant simtenant.Info) []string {
	s.t.Helper()
	var truth struct{ Incidents []json.Number }
	eventually(s.t, "incidents arrive", func() string {
		ask(s.t, "GET", tenant.Control+"/truth", nil, &truth)
		list, err := s.svc.List(s.t.Context(), syncWorkspace, incident.Filter{Redirected: true})
		must(s.t, err)
		have := map[string]bool{}
		for _, in := range list {
			if have[in.ProviderIncidentID] {
				return "incident " + in.ProviderIncidentID + " is here twice"
			}
			have[in.ProviderIncidentID] = true
		}
		var missing []string
		for _, id := range truth.Incidents {
			if !have[id.String()] {
				missing = append(missing, id.String())
			}
		}
		if len(missing) > 0 {
			return fmt.Sprintf("%d of %d incidents are missing", len(missing), len(truth.Incidents))
		}
		return ""
	})
	var ids []string
	for _, id := range truth.Incidents {
		ids = append(ids, id.String())
	}
	return ids
}

// pick returns open incidents with alerts, in order of number.
func (s *side) pick(n int) []model.Incident {
	s.t.Helper()
	var out []model.Incident
	eventually(s.t, "open incidents", func() string {
		list, err := s.svc.List(s.t.Context(), syncWorkspace, incident.Filter{Status: []string{"New", "Active"}, Sort: "number"})
		must(s.t, err)
		out = slices.DeleteFunc(list, func(in model.Incident) bool { return in.AlertCount == 0 })
		if len(out) < n {
			return fmt.Sprintf("only %d open incidents with alerts", len(out))
		}
		return ""
	})
	return out[:n]
}

func TestIncidentSynchronisation(t *testing.T) {
	tenant := runTenant(t, t.TempDir())
	ask(t, "POST", tenant.Control+"/pause", nil, nil)
	dir := t.TempDir()
	s := startSide(t, dir, tenant)
	ids := s.complete(tenant)

	t.Run("alerts and entities arrive", func(t *testing.T) {
		var want int
		for _, id := range ids {
			want += len(portalGet(t, tenant, id).Alerts)
		}
		eventually(t, "alerts", func() string {
			list, err := s.svc.List(t.Context(), syncWorkspace, incident.Filter{Redirected: true})
			must(t, err)
			got := 0
			for _, in := range list {
				got += in.AlertCount
			}
			if got < want*9/10 {
				return fmt.Sprintf("%d of about %d alerts", got, want)
			}
			return ""
		})
		in := s.pick(1)[0]
		alerts, err := s.svc.Alerts(t.Context(), syncWorkspace, in.Number)
		must(t, err)
		entities, err := s.svc.Entities(t.Context(), syncWorkspace, in.Number)
		must(t, err)
		if len(alerts) == 0 || len(entities) == 0 {
			t.Fatalf("incident %d has %d alerts and %d entities", in.Number, len(alerts), len(entities))
		}
	})

	t.Run("a local close reaches the tenant", func(t *testing.T) {
		in := s.pick(1)[0]
		closed, class, note := "Closed", "TruePositive", "contained"
		_, err := s.svc.Update(t.Context(), syncWorkspace, in.Number, incident.Change{
			Status: &closed, Classification: &class, ClassificationComment: &note, AddLabels: []string{"vip"},
		}, incident.Actor{Name: "ana@example.com"})
		must(t, err)
		_, err = s.svc.Comment(t.Context(), syncWorkspace, in.Number, "done here", incident.Actor{Name: "ana@example.com"})
		must(t, err)
		eventually(t, "the tenant has it", func() string {
			p := portalGet(t, tenant, in.ProviderIncidentID)
			if p.Status != "resolved" || p.Classification != "truePositive" || p.ResolvingComment != "contained" || !slices.Contains(p.CustomTags, "vip") {
				return fmt.Sprintf("%+v", p)
			}
			n := 0
			for _, c := range p.Comments {
				if strings.HasPrefix(c.Comment, "done here [vdt:") {
					n++
				}
			}
			if n != 1 {
				return fmt.Sprintf("the comment is there %d times", n)
			}
			return ""
		})
		eventually(t, "it is in step", func() string {
			got, err := s.svc.Get(t.Context(), syncWorkspace, in.Number)
			must(t, err)
			if got.Sync.State != model.Synced || got.Status != "Closed" || got.ClassificationReason != "SuspiciousActivity" {
				return fmt.Sprintf("%s %s %+v", got.Status, got.ClassificationReason, got.Sync)
			}
			return ""
		})
	})

	t.Run("a change of the tenant comes here", func(t *testing.T) {
		in := s.pick(1)[0]
		ask(t, "POST", tenant.Portal+"/api/incidents/"+in.ProviderIncidentID, map[string]any{
			"status": "resolved", "classification": "falsePositive", "determination": "notMalicious", "comment": "false alarm",
		}, nil)
		eventually(t, "it is closed here", func() string {
			got, err := s.svc.Get(t.Context(), syncWorkspace, in.Number)
			must(t, err)
			comments, err := s.svc.Comments(t.Context(), syncWorkspace, in.Number)
			must(t, err)
			if got.Status != "Closed" || got.Classification != "FalsePositive" || got.Closed.IsZero() {
				return fmt.Sprintf("%s %s", got.Status, got.Classification)
			}
			if !slices.ContainsFunc(comments, func(c model.Comment) bool { return c.Message == "false alarm" && c.Origin == "defender" }) {
				return "the comment is missing"
			}
			return ""
		})
	})

	t.Run("a conflict is kept with both values", func(t *testing.T) { conflict(t, s, tenant) })

	s.stop()
	t.Run("a kill loses and doubles nothing", func(t *testing.T) { killed(t, dir, tenant) })
}

// conflict changes an incident on both sides while the tenant does not answer writes.
func conflict(t *testing.T, s *side, tenant simtenant.Info) {
	in := s.pick(1)[0]
	ask(t, "POST", tenant.Control+"/fault", map[string]any{"target": "graph", "kind": "500", "path": "/security/", "seconds": 4}, nil)
	closed, class := "Closed", "BenignPositive"
	_, err := s.svc.Update(t.Context(), syncWorkspace, in.Number, incident.Change{Status: &closed, Classification: &class}, incident.Actor{Name: "ana@example.com"})
	must(t, err)
	ask(t, "POST", tenant.Portal+"/api/incidents/"+in.ProviderIncidentID, map[string]any{"status": "inProgress", "classification": "truePositive", "determination": "malware"}, nil)
	eventually(t, "the conflict is recorded", func() string {
		list, err := s.svc.Conflicts(t.Context(), syncWorkspace, in.Number)
		must(t, err)
		if len(list) == 0 {
			got, err := s.svc.Get(t.Context(), syncWorkspace, in.Number)
			must(t, err)
			return fmt.Sprintf("no conflict; %s %+v", got.Status, got.Sync)
		}
		return ""
	})
	list, err := s.svc.Conflicts(t.Context(), syncWorkspace, in.Number)
	must(t, err)
	c := list[0]
	if c.Applied != "remote" || !strings.HasPrefix(c.Local.Value, "Closed, BenignPositive") || !strings.HasPrefix(c.Remote.Value, "Active, TruePositive") || c.Local.Actor != "ana@example.com" {
		t.Fatalf("conflict %+v", c)
	}
	_, err = s.svc.ApplyOther(t.Context(), syncWorkspace, c.ID, incident.Actor{Name: "ana@example.com"})
	must(t, err)
	eventually(t, "the other value reaches the tenant", func() string {
		if p := portalGet(t, tenant, in.ProviderIncidentID); p.Status != "resolved" || p.Classification != "informationalExpectedActivity" {
			return fmt.Sprintf("%+v", p)
		}
		return ""
	})
}

// killed stops the workspace again and again while changes are made on both sides, and then counts.
func killed(t *testing.T, dir string, tenant simtenant.Info) {
	var want []string
	for round := range 3 {
		s := startSide(t, dir, tenant)
		open := s.pick(round + 2)
		for k, in := range open {
			text := fmt.Sprintf("round %d of %d", round, k)
			_, err := s.svc.Comment(t.Context(), syncWorkspace, in.Number, text, incident.Actor{Name: "ana@example.com"})
			must(t, err)
			want = append(want, in.ProviderIncidentID+"|"+text)
		}
		time.Sleep(time.Duration(40*round) * time.Millisecond)
		s.stop()
	}
	s := startSide(t, dir, tenant)
	s.complete(tenant)
	eventually(t, "nothing waits", func() string {
		n, _, err := s.svc.Backlog(t.Context(), syncWorkspace)
		must(t, err)
		if n > 0 {
			return fmt.Sprintf("%d incidents wait", n)
		}
		return ""
	})
	for _, w := range want {
		id, text, _ := strings.Cut(w, "|")
		n := 0
		for _, c := range portalGet(t, tenant, id).Comments {
			if strings.HasPrefix(c.Comment, text+" [vdt:") {
				n++
			}
		}
		if n != 1 {
			t.Errorf("comment %q of incident %s is in the tenant %d times", text, id, n)
		}
	}
	rowsOnce(t, s)
}

// rowsOnce checks that every row is there once, and that the last one of each incident is what people see.
func rowsOnce(t *testing.T, s *side) {
	eventually(t, "rows are complete", func() string {
		snap := s.store.Snapshot(syncWorkspace)
		defer snap.Close()
		r, err := snap.Scan(t.Context(), store.ScanSpec{Table: "SecurityIncident", Columns: []string{"_src", "IncidentNumber", "Status", "LastModifiedTime"}})
		must(t, err)
		defer r.Close()
		seen, last, status := map[string]bool{}, map[int64]int64{}, map[int64]string{}
		for {
			b, err := r.Next(t.Context())
			if errors.Is(err, io.EOF) {
				break
			}
			must(t, err)
			for i := range b.N {
				src, n := b.Cols[0].Strings[i], b.Cols[1].Ints[i]
				if seen[src] {
					t.Fatalf("row %s is there twice", src)
				}
				seen[src] = true
				if m := b.Cols[3].Ints[i]; m > last[n] {
					last[n], status[n] = m, b.Cols[2].Strings[i]
				} else if m == last[n] {
					t.Fatalf("incident %d has two rows of the same LastModifiedTime", n)
				}
			}
		}
		list, err := s.svc.List(t.Context(), syncWorkspace, incident.Filter{Redirected: true})
		must(t, err)
		for _, in := range list {
			if status[in.Number] != in.Status {
				return fmt.Sprintf("incident %d is %s, its last row says %q", in.Number, in.Status, status[in.Number])
			}
		}
		return ""
	})
}

// TestSynchronisationUnderFaults lets the tenant fail in every way it knows while both sides change, and checks that both
// agree in the end and that every comment is there once.
func TestSynchronisationUnderFaults(t *testing.T) {
	tenant := runTenant(t, t.TempDir())
	ask(t, "POST", tenant.Control+"/pause", nil, nil)
	s := startSide(t, t.TempDir(), tenant)
	s.complete(tenant)
	open := s.pick(4)
	kinds := []string{"lost-response", "500", "206", "stale", "drop", "html", "expired-link"}
	status, class := []string{"Active", "Closed"}, "TruePositive"
	for round := range 6 {
		for _, k := range kinds {
			ask(t, "POST", tenant.Control+"/fault", map[string]any{"target": "graph", "kind": k, "path": "/security/incidents", "count": 1}, nil)
		}
		in := open[round%len(open)]
		_, err := s.svc.Update(t.Context(), syncWorkspace, in.Number, incident.Change{
			Status: &status[round%2], Classification: &class, AddLabels: []string{fmt.Sprintf("round-%d", round)},
		}, incident.Actor{Name: "ana@example.com"})
		must(t, err)
		_, err = s.svc.Comment(t.Context(), syncWorkspace, in.Number, fmt.Sprintf("fault round %d", round), incident.Actor{Name: "ana@example.com"})
		must(t, err)
		other := open[(round+1)%len(open)]
		ask(t, "POST", tenant.Portal+"/api/incidents/"+other.ProviderIncidentID, map[string]any{"severity": []string{"low", "high"}[round%2], "comment": fmt.Sprintf("portal round %d", round)}, nil)
		time.Sleep(300 * time.Millisecond)
	}
	ask(t, "DELETE", tenant.Control+"/fault", nil, nil)
	deadline := time.Now().Add(90 * time.Second)
	agree := func() string {
		for _, in := range open {
			got, err := s.svc.Get(t.Context(), syncWorkspace, in.Number)
			must(t, err)
			p := portalGet(t, tenant, in.ProviderIncidentID)
			words := map[string]string{"active": "New", "inProgress": "Active", "awaitingAction": "Active", "resolved": "Closed"}
			tags := slices.Clone(got.Labels)
			slices.Sort(tags)
			slices.Sort(p.CustomTags)
			comments, err := s.svc.Comments(t.Context(), syncWorkspace, in.Number)
			must(t, err)
			switch {
			case len(got.Sync.Pending) > 0:
				return fmt.Sprintf("incident %d still waits: %+v", in.Number, got.Sync)
			case words[p.Status] != got.Status || !strings.EqualFold(p.Severity, got.Severity) || !slices.Equal(tags, p.CustomTags):
				return fmt.Sprintf("incident %d differs: %s %s %v here, %+v there", in.Number, got.Status, got.Severity, got.Labels, p)
			case len(comments) != len(p.Comments):
				return fmt.Sprintf("incident %d has %d comments here and %d there", in.Number, len(comments), len(p.Comments))
			}
		}
		return ""
	}
	last := agree()
	for ; last != "" && time.Now().Before(deadline); last = agree() {
		time.Sleep(200 * time.Millisecond)
	}
	if last != "" {
		t.Fatal(last)
	}
	for round := range 6 {
		id, n := open[round%len(open)].ProviderIncidentID, 0
		for _, c := range portalGet(t, tenant, id).Comments {
			if strings.HasPrefix(c.Comment, fmt.Sprintf("fault round %d [vdt:", round)) {
				n++
			}
		}
		if n != 1 {
			t.Errorf("the comment of round %d is in the tenant %d times", round, n)
		}
	}
}
