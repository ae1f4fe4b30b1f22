package simtenant

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// TestMain runs the tests, or the tenant itself when a test started this binary to kill it.
func TestMain(m *testing.M) {
	if dir := os.Getenv("SIMTENANT_CHILD"); dir != "" {
		cfg := small(dir)
		if os.Getenv("SIMTENANT_FULL") != "" {
			cfg.Size = Size{}
		}
		cfg.Speed, _ = strconv.ParseFloat(os.Getenv("SIMTENANT_SPEED"), 64)
		cfg.Logger = slog.New(slog.NewTextHandler(os.Stderr, nil))
		if err := Run(context.Background(), cfg); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if err := flag.Set("test.parallel", "8"); err != nil { // most of them wait for the clock
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

// sim is a tenant that runs for a test.
type sim struct {
	Info
	t    *testing.T
	http *http.Client
	tok  string
	stop func()
}

// small is a tenant that starts within a second.
func small(dir string) Config {
	return Config{Dir: dir, Seed: 7, Size: Size{People: 40, Devices: 50, Incidents: 40, Span: 30 * 24 * time.Hour, Events: 2000}}
}

// start runs a tenant until the test ends or stop is called.
func start(t *testing.T, cfg Config) *sim {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ready := make(chan Info, 1)
	done := make(chan error, 1)
	cfg.Ready = func(i Info) { ready <- i }
	go func() { done <- Run(ctx, cfg) }()
	s := &sim{t: t}
	select {
	case s.Info = <-ready:
	case err := <-done:
		t.Fatalf("the tenant ended: %v", err)
	}
	stopped := false
	s.stop = func() {
		if stopped {
			return
		}
		stopped = true
		s.http.CloseIdleConnections()
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the tenant ended with %v", err)
		}
	}
	t.Cleanup(s.stop)
	ca, err := os.ReadFile(s.CAFile)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca)
	s.http = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}, Timeout: time.Minute}
	s.tok = s.token()
	return s
}

func (s *sim) token() string {
	s.t.Helper()
	res, err := s.http.PostForm(s.Token+"/"+s.TenantID+"/oauth2/v2.0/token", url.Values{"grant_type": {"client_credentials"}, "client_id": {s.ClientID}, "client_secret": {s.ClientSecret}, "scope": {s.Graph + "/.default"}})
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	var m struct {
		Access string `json:"access_token"`
	}
	if err := json.NewDecoder(res.Body).Decode(&m); err != nil || m.Access == "" {
		s.t.Fatalf("token: %d %v", res.StatusCode, err)
	}
	return m.Access
}

type object = map[string]any

// call sends a request and returns status, header and body; a Graph request carries the token.
func (s *sim) call(method, address, body string) (int, http.Header, []byte) {
	s.t.Helper()
	if strings.HasPrefix(address, "/v1.0") {
		address = s.Graph + address
	}
	req, err := http.NewRequestWithContext(s.t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if strings.HasPrefix(address, s.Graph) {
		req.Header.Set("Authorization", "Bearer "+s.tok)
	}
	res, err := s.http.Do(req)
	if err != nil {
		return 0, nil, []byte(err.Error())
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, nil, []byte(err.Error())
	}
	return res.StatusCode, res.Header, b
}

// json is call for an answer that must be the wanted status and a JSON object.
func (s *sim) json(want int, method, address, body string) object {
	s.t.Helper()
	status, _, b := s.call(method, address, body)
	if status != want {
		s.t.Fatalf("%s %s: %d, want %d: %s", method, address, status, want, b)
	}
	m := object{}
	if len(b) > 0 {
		if err := json.Unmarshal(b, &m); err != nil {
			s.t.Fatalf("%s %s: %v in %s", method, address, err, b)
		}
	}
	return m
}

// all follows the pages of a list.
func (s *sim) all(address string) []object {
	s.t.Helper()
	var out []object
	for address != "" {
		m := s.json(200, "GET", address, "")
		for _, v := range m["value"].([]any) {
			out = append(out, v.(object))
		}
		address, _ = m["@odata.nextLink"].(string)
	}
	return out
}

// truth waits until the events of the last two days are in the hub and returns the truth.
func (s *sim) truth(atLeast int) object {
	s.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(200 * time.Millisecond) {
		m := s.json(200, "GET", s.Control+"/truth", "")
		n := 0.0
		for _, v := range m["events"].(object) {
			n += v.(float64)
		}
		if int(n) >= atLeast {
			return m
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("only %v events after 30 s", n)
		}
	}
}

// settle pauses the tenant and waits until nothing more reaches the hub.
func (s *sim) settle() {
	s.t.Helper()
	s.json(204, "POST", s.Control+"/pause", "")
	last := ""
	for quiet := 0; quiet < 5; quiet++ {
		time.Sleep(100 * time.Millisecond)
		if ends := fmt.Sprint(s.json(200, "GET", s.Control+"/status", "")["hub"]); ends != last {
			last, quiet = ends, 0
		}
	}
}

func TestTenantAnswers(t *testing.T) {
	t.Parallel()
	began := time.Now()
	s := start(t, small(t.TempDir()))
	t.Logf("ready after %v", time.Since(began))
	incidents := s.all("/v1.0/security/incidents?$expand=alerts&$top=50")
	t.Logf("%d incidents after %v", len(incidents), time.Since(began))
	m := s.truth(2000)
	t.Logf("truth after %v: %v", time.Since(began), m["events"])
	if len(incidents) < 40 {
		t.Errorf("%d incidents, want at least the 40 stories of the past", len(incidents))
	}
	alerts := s.all("/v1.0/security/alerts_v2?$top=100")
	if len(alerts) < 60 {
		t.Errorf("%d alerts", len(alerts))
	}
	h := s.json(200, "POST", "/v1.0/security/runHuntingQuery", `{"Query":"DeviceProcessEvents | where Timestamp > ago(2d) | summarize count() by ActionType"}`)
	t.Log(h)
}
