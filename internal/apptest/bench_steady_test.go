package apptest

import (
	"encoding/json"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// analysts are the queries of four people, each asked again and again.
var analysts = []string{
	`DeviceProcessEvents | where TimeGenerated > ago(1h) | where FileName =~ "powershell.exe" | project TimeGenerated, DeviceName, ProcessCommandLine | take 100`,
	`DeviceNetworkEvents | where TimeGenerated > ago(1h) | summarize n = count(), devices = dcount(DeviceId) by RemotePort | top 20 by n`,
	`DeviceLogonEvents | where TimeGenerated > ago(1h) | summarize failed = countif(ActionType == "LogonFailed") by bin(TimeGenerated, 5m), AccountName | top 20 by failed`,
	`DeviceFileEvents | where TimeGenerated > ago(1h) | where FolderPath has "temp" | summarize arg_max(TimeGenerated, *) by DeviceId | take 50`,
}

// TestBenchSteady prints what a steady stream costs: memory and its slope, the age of the newest row that a query sees, and how long four
// analysts wait meanwhile, against the same four without intake. The tenant that makes the events runs on the same processors.
func TestBenchSteady(t *testing.T) {
	if os.Getenv("VEDETTE_BENCH") == "" {
		t.Skip("measures for minutes; run: BENCH=steady scripts/bench.sh")
	}
	rate, seconds := 10_000, 180
	if n, err := strconv.Atoi(os.Getenv("VEDETTE_BENCH_RATE")); err == nil && n > 0 {
		rate = n
	}
	if n, err := strconv.Atoi(os.Getenv("VEDETTE_BENCH_SECONDS")); err == nil && n > 0 {
		seconds = n
	}
	d := StartDemo(t, "--fresh")
	d.Run("connector", "connect", "defender-xdr", "--tables", "all")
	a := newAPI(t, d)
	control(t, d, "/rate", `{"eventsPerSecond": `+strconv.Itoa(rate)+`}`)
	<-time.After(30 * time.Second)
	pid := d.ServerPID()
	sum := func() (n int) {
		for _, v := range truth(t, d) {
			n += v
		}
		return n
	}

	// Memory with intake alone.
	before, cpu, began := sum(), CPU(t, pid), time.Now()
	var rss []int64
	for time.Since(began) < time.Duration(seconds)*time.Second {
		rss = append(rss, Memory(t, pid, "VmRSS")>>20)
		<-time.After(2 * time.Second)
	}
	rows, used, wall := sum()-before, CPU(t, pid)-cpu, time.Since(began)
	third := len(rss) / 3
	t.Logf("steady      asked for %d rows/s, the tenant made %.0f; %.0f rows per CPU-second of the server", rate, float64(rows)/wall.Seconds(), float64(rows)/used.Seconds())
	t.Logf("memory      RSS of %d s: first third at most %d MB, last third at most %d MB, highest %d MB", seconds, slices.Max(rss[:third]), slices.Max(rss[2*third:]), slices.Max(rss))

	age, busy := a.work(t, 40*time.Second)
	t.Logf("visibility  age of the newest event that a query sees, by its own time, while four analysts query: p50 %s, p95 %s", quantile(age, 50), quantile(age, 95))
	control(t, d, "/pause", "")
	<-time.After(20 * time.Second)
	_, idle := a.work(t, 40*time.Second)
	t.Logf("analysts    p95 %s with intake, %s without: %.1f times; p50 %s and %s", quantile(busy, 95), quantile(idle, 95), float64(quantile(busy, 95))/float64(quantile(idle, 95)), quantile(busy, 50), quantile(idle, 50))
}

// work lets four analysts query for a while; it returns the ages of the newest event and the times they waited.
func (a *api) work(t *testing.T, during time.Duration) (ages, waits []time.Duration) {
	t.Helper()
	var mu sync.Mutex
	var wg sync.WaitGroup
	until := time.Now().Add(during)
	for _, q := range append([]string{""}, analysts...) {
		wg.Go(func() {
			for time.Now().Before(until) {
				began := time.Now()
				if q == "" {
					if at, ok := a.newest(); ok {
						mu.Lock()
						ages = append(ages, time.Since(at)-time.Since(began)/2)
						mu.Unlock()
					}
				} else if _, ok := a.ask(q); ok {
					mu.Lock()
					waits = append(waits, time.Since(began))
					mu.Unlock()
				}
				<-time.After(200 * time.Millisecond)
			}
		})
	}
	wg.Wait()
	if len(waits) == 0 {
		t.Fatal("no query had an answer")
	}
	return ages, waits
}

// ask runs a query; it returns the rows of its answer.
func (a *api) ask(kql string) ([][]any, bool) {
	body, err := json.Marshal(map[string]string{"query": kql})
	if err != nil {
		return nil, false
	}
	req, err := http.NewRequest(http.MethodPost, a.d.Info.URL+"/v1/workspaces/"+a.d.Info.WorkspaceID+"/query", strings.NewReader(string(body)))
	if err != nil {
		return nil, false
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+a.token)
	resp, err := a.http.Do(req)
	if err != nil {
		return nil, false
	}
	defer resp.Body.Close()
	var out struct{ Tables []struct{ Rows [][]any } }
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil || len(out.Tables) == 0 {
		return nil, false
	}
	return out.Tables[0].Rows, true
}

// newest returns the time of the newest event that a query sees.
func (a *api) newest() (time.Time, bool) {
	rows, ok := a.ask(`union DeviceProcessEvents, DeviceNetworkEvents, DeviceFileEvents, DeviceLogonEvents | where TimeGenerated between (ago(5m) .. now()) | summarize max(TimeGenerated)`)
	if !ok || len(rows) != 1 || rows[0][0] == nil {
		return time.Time{}, false
	}
	at, err := time.Parse(time.RFC3339Nano, rows[0][0].(string))
	return at, err == nil
}

func quantile(d []time.Duration, percent int) time.Duration {
	if len(d) == 0 {
		return 0
	}
	d = slices.Clone(d)
	slices.Sort(d)
	return d[(len(d)-1)*percent/100].Round(time.Millisecond)
}
