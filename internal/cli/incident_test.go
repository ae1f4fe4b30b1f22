package cli

import (
	"bytes"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// server is an API whose answers are given and whose requests are kept.
type server struct {
	answers map[string]string // "METHOD path" without the workspace
	asked   []string
	handler http.HandlerFunc // answers in place of answers, if set
}

// start runs the server and returns a function that runs a command against it.
func (s *server) start(t *testing.T) func(args ...string) (stdout, stderr string, code int) {
	t.Helper()
	const prefix = "/api/w/soc"
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		ask := r.Method + " " + strings.TrimPrefix(r.URL.RequestURI(), prefix)
		s.asked = append(s.asked, strings.TrimSpace(ask+" "+string(body)))
		if s.handler != nil {
			s.handler(w, r)
			return
		}
		answer, ok := s.answers[ask]
		if !ok {
			w.WriteHeader(http.StatusNotFound)
			answer = `{"error":{"code":"incident_not_found","message":"There is no such incident."}}`
		}
		if _, err := io.WriteString(w, answer); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(srv.Close)
	dir := t.TempDir()
	ca := filepath.Join(dir, "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	logins, err := json.Marshal(map[string]login{srv.URL: {Token: "t", Expires: time.Now().Add(time.Hour), CAFile: ca}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "vedette"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "vedette", "logins.json"), logins, 0o600); err != nil {
		t.Fatal(err)
	}
	return func(args ...string) (string, string, int) {
		var out, errs bytes.Buffer
		code := Run(t.Context(), Env{
			Args: append(args, "--url", srv.URL, "--workspace", "soc"), Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs,
			Getenv: func(k string) string { return map[string]string{"XDG_CONFIG_HOME": dir}[k] }, Version: "test",
		})
		return out.String(), errs.String(), code
	}
}

const preview = `{"items":[{"incidentNumber":17,"changes":[{"field":"severity","before":"Low","after":"High"}],"incident":{"title":"Phish","sync":{"state":"pending"}}},
	{"incidentNumber":18,"changes":[],"error":{"code":"incident_merged","message":"Incident 18 was merged."}}]}`

func TestIncidentUpdate(t *testing.T) {
	for _, tt := range []struct {
		name  string
		args  []string
		asked []string
		code  int
		want  string
	}{
		{
			"one", []string{"17", "--status", "Active", "--tag", "+vip", "--owner", "none", "--comment", "mine"},
			[]string{`PATCH /incidents/17 {"labels":{"add":["vip"]},"owner":null,"status":"Active"}`, `POST /incidents/17/comments {"message":"mine"}`, "GET /incidents/17"}, 0, "Incident 17 is Active; sync: pending",
		},
		{
			"several without yes", []string{"17", "18", "--severity", "High"},
			[]string{`POST /incidents/bulk {"numbers":[17,18],"preview":true,"severity":"High"}`}, 1, "severity: Low -> High",
		},
		{
			"several with yes", []string{"17", "18", "--severity", "High", "--yes"},
			[]string{`POST /incidents/bulk {"numbers":[17,18],"severity":"High"}`}, 1, "Incident 18 was merged.",
		},
		{
			"by condition", []string{"--where", "status=New", "--where", "search=phish", "--owner", "ada@contoso.example", "--preview"},
			[]string{"GET /incidents?limit=1000&q=phish&status=New", `POST /incidents/bulk {"numbers":[17],"owner":"ada@contoso.example","preview":true}`}, 1, "Phish",
		},
		{"nothing to change", []string{"17"}, nil, 2, "say what to change"},
		{"no incident", []string{"--status", "New"}, nil, 2, "name incidents by number"},
		{"both ways to select", []string{"17", "--where", "status=New", "--status", "Active"}, nil, 2, "not both"},
		{"a condition that is none", []string{"--where", "colour=red", "--status", "New"}, nil, 2, "--where takes KEY=VALUE"},
		{"a number that is none", []string{"x", "--status", "New"}, nil, 2, "not an incident number"},
		{"a tag without sign", []string{"17", "--tag", "vip"}, nil, 2, "--tag takes +name or -name"},
		{"not there", []string{"99", "--status", "Active"}, []string{`PATCH /incidents/99 {"status":"Active"}`}, 1, "There is no such incident."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &server{answers: map[string]string{
				"PATCH /incidents/17": "{}", "POST /incidents/17/comments": "{}", "GET /incidents/17": `{"status":"Active","sync":{"state":"pending"}}`,
				"POST /incidents/bulk": preview, "GET /incidents?limit=1000&q=phish&status=New": `{"total":1,"items":[{"incidentNumber":17}]}`,
			}}
			stdout, stderr, code := s.start(t)(append([]string{"incident", "update"}, tt.args...)...)
			if code != tt.code || !strings.Contains(stdout+stderr, tt.want) {
				t.Errorf("exit %d, want %d with %q:\n%s%s", code, tt.code, tt.want, stdout, stderr)
			}
			if diff := cmp.Diff(tt.asked, s.asked); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
		})
	}
}

func TestIncidentCommands(t *testing.T) {
	for _, tt := range []struct {
		args, ask, answer string
		want              []string
	}{
		{"list --status New --limit 5", "GET /incidents?limit=5&status=New", `{"total":9,"items":[{"incidentNumber":17,"severity":"High","status":"New","title":"Phish \u001b[31mred","sync":{"state":"synced"},"owner":{"userPrincipalName":"ada@contoso.example"}}]}`, []string{"17", "High", `Phish \u001b[31mred`, "ada@contoso.example", "1 of 9"}},
		{"list --redirected --sort -severity", "GET /incidents?limit=50&redirected=true&sort=-severity", `{"total":0,"items":[]}`, []string{"0 of 0"}},
		{"show 17 --alerts 0", "GET /incidents/17?alerts=0&entities=0", `{"incidentNumber":17,"title":"T","redirectTo":"30","redirectNumber":4,"sync":{"state":"rejected","lastError":"no such user","edits":[{"field":"owner","state":"rejected","actor":"ana","since":"2026-03-01","reason":"no such user"}]},"tasks":[{"name":"g","title":"call","status":"New"}],"entitiesCount":1}`, []string{"merged into incident 30", "vedette incident show 4", "owner", "no such user", "of incident 3", "Entities (1)", "in 3 incidents", "call"}},
		{"conflicts 17 --apply 3", "POST /incidents/17/conflicts/3/apply", `{"incidentNumber":17}`, []string{"applied to incident 17"}},
		{"related 17", "GET /incidents/17/related", `{"items":[{"incidentNumber":4,"title":"Other","shared":[{"kind":"IP","label":"203.0.113.7"}]}]}`, []string{"4", "Other", "IP 203.0.113.7"}},
		{"retry 17 owner", "POST /incidents/17/refused/retry", `{}`, []string{"Incident 17 is sent again"}},
		{"revert 17", "POST /incidents/17/refused/revert", `{}`, []string{"as the tenant has it"}},
		{"task add 17 call", "POST /incidents/17/tasks", `{"name":"g"}`, []string{"Task g added"}},
		{"task list 17", "GET /incidents/17/tasks", `{"items":[{"name":"g","title":"call","status":"New"}]}`, []string{"call"}},
		{"task complete 17 g", "PATCH /incidents/17/tasks/g", `{"title":"call","status":"Completed"}`, []string{"Task call is Completed"}},
		{"task remove 17 g", "DELETE /incidents/17/tasks/g", ``, nil},
		{"report 17", "GET /incidents/17/report", "# Incident 17\n", []string{"# Incident 17"}},
		{"history 17", "GET /incidents/17/history?limit=1000", `{"items":[{"time":"t","actor":"ana","kind":"changed","field":"owner"}]}`, []string{"ana", "owner"}},
		{"comment 17 hello", "POST /incidents/17/comments", `{}`, []string{"Comment added"}},
	} {
		t.Run(tt.args, func(t *testing.T) {
			s := &server{answers: map[string]string{
				"GET /incidents/17/entities?limit=1000": `{"items":[{"kind":"IP","label":"203.0.113.7","incidents":3}]}`,
				"GET /incidents/17/comments?limit=1000": `{"items":[{"author":"ana","message":"hello","origin":"vedette","from":3}]}`, tt.ask: tt.answer,
			}}
			stdout, stderr, code := s.start(t)(append([]string{"incident"}, strings.Fields(tt.args)...)...)
			if code != 0 {
				t.Fatalf("exit %d: %s", code, stderr)
			}
			for _, w := range tt.want {
				if !strings.Contains(stdout+stderr, w) {
					t.Errorf("%q is missing:\n%s%s", w, stdout, stderr)
				}
			}
			if strings.Contains(stdout, "\x1b") {
				t.Errorf("an escape sequence reached the output: %q", stdout)
			}
		})
	}
}

// TestApplyAll applies every edit that a merge has kept from being sent, and nothing else.
func TestApplyAll(t *testing.T) {
	s := &server{answers: map[string]string{"GET /incidents/17/conflicts": `{"items":[{"id":1,"note":"merged","applied":"remote"},{"id":2,"applied":"remote"},{"id":3,"note":"merged","applied":"local"},{"id":4,"note":"merged","applied":"remote"}]}`}}
	for _, id := range []int{1, 4} {
		s.answers[fmt.Sprintf("POST /incidents/17/conflicts/%d/apply", id)] = `{"incidentNumber":30}`
	}
	if _, stderr, code := s.start(t)("incident", "conflicts", "17", "--apply", "all"); code != 0 {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	want := []string{"GET /incidents/17/conflicts", "POST /incidents/17/conflicts/1/apply", "POST /incidents/17/conflicts/4/apply"}
	if diff := cmp.Diff(want, s.asked); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestShowManyAlerts shows an incident with more alerts than a page has: as JSON all of them, for people as many as asked for.
func TestShowManyAlerts(t *testing.T) {
	page := func(from, to int) string {
		var out []string
		for i := from; i < to; i++ {
			out = append(out, fmt.Sprintf(`{"title":"alert %d."}`, i))
		}
		return "[" + strings.Join(out, ",") + "]"
	}
	s := &server{answers: map[string]string{
		"GET /incidents/17?alerts=0&entities=0":          `{"incidentNumber":17,"additionalData":{"alertsCount":2300},"alerts":[],"entities":[],"comments":[],"title":"a <b> & c"}`,
		"GET /incidents/17/alerts?limit=1000":            `{"items":` + page(0, 1000) + `,"next":"b"}`,
		"GET /incidents/17/alerts?cursor=b&limit=1000":   `{"items":` + page(1000, 2000) + `,"next":"c"}`,
		"GET /incidents/17/alerts?cursor=c&limit=1000":   `{"items":` + page(2000, 2300) + "}",
		"GET /incidents/17/alerts?cursor=b&limit=200":    `{"items":` + page(1000, 1200) + `,"next":"d"}`,
		"GET /incidents/17/entities?limit=1000":          `{"items":` + page(0, 1000) + `,"next":"x"}`,
		"GET /incidents/17/entities?cursor=x&limit=1000": `{"items":` + page(1000, 1001) + `}`,
		"GET /incidents/17/comments?limit=1000":          `{"items":[]}`,
		"GET /incidents/17/history?limit=1000":           `{"items":` + page(0, 1000) + `,"next":"y"}`,
		"GET /incidents/17/history?cursor=y&limit=1000":  `{"items":` + page(1000, 1003) + `}`,
	}}
	run := s.start(t)
	stdout, stderr, code := run("incident", "show", "17", "--json")
	var out struct {
		Title                      string
		Alerts, Entities, Comments []struct{ Title string }
	}
	if err := json.Unmarshal([]byte(stdout), &out); err != nil || code != 0 || len(out.Alerts) != 2300 || out.Alerts[2299].Title != "alert 2299." || len(out.Entities) != 1001 || out.Comments == nil ||
		out.Title != "a <b> & c" {
		t.Errorf("exit %d, %v, %d alerts, %d entities: %s", code, err, len(out.Alerts), len(out.Entities), stderr)
	}
	var again bytes.Buffer // what comes in pieces looks as what is printed at once
	if err := json.Indent(&again, []byte(stdout), "", "  "); err != nil || again.String() != stdout {
		t.Errorf("%v; the output is laid out as\n%.400s\nwant\n%.400s", err, stdout, again.String())
	}
	stdout, stderr, code = run("incident", "history", "17", "--json")
	var lines []struct{ Title string }
	if err := json.Unmarshal([]byte(stdout), &lines); err != nil || code != 0 || len(lines) != 1003 {
		t.Errorf("exit %d, %v, %d lines of history: %s", code, err, len(lines), stderr)
	}
	stdout, stderr, code = run("incident", "show", "17", "--alerts", "1200")
	if code != 0 || !strings.Contains(stdout, "alert 1199.") || strings.Contains(stdout, "alert 1200.") || !strings.Contains(stdout, "Alerts (2300)") || !strings.Contains(stdout, "and 1100 more") {
		t.Errorf("exit %d: %s%s", code, stdout[max(0, len(stdout)-300):], stderr)
	}
}
