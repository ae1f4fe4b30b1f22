package apptest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// analysts are the queries of four people, each asked again and again.
var analysts = []string{
	`DeviceProcessEvents | where TimeGenerated > ago(1h) | where FileName =~ "powershell.exe" | project TimeGenerated, DeviceName, ProcessCommandLine | take 100`,
	`DeviceNetworkEvents | where TimeGenerated > ago(1h) | summarize n = count(), devices = dcount(DeviceId) by RemotePort | top 20 by n`,
	`DeviceLogonEvents | where TimeGenerated > ago(1h) | summarize failed = countif(ActionType == "LogonFailed") by bin(TimeGenerated, 5m), AccountName | top 20 by failed`,
	`DeviceFileEvents | where TimeGenerated > ago(1h) | where FolderPath has "temp" | summarize arg_max(TimeGenerated, *) by DeviceId | take 50`,
}

// TestBenchSteady prints what a steady stream costs: memory and its slope, how long an event takes from the hub to a query, and how long four
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

	cl := hubClient(t, d)
	defer cl.Close()
	delays, busy := a.work(t, cl, 40*time.Second)
	t.Logf("visibility  from the hub's confirmation to a query's answer, while four analysts query: p50 %s, p95 %s of %d", quantile(delays, 50), quantile(delays, 95), len(delays))
	control(t, d, "/pause", "")
	<-time.After(20 * time.Second)
	_, idle := a.work(t, cl, 40*time.Second)
	t.Logf("analysts    p95 %s with intake, %s without: %.1f times; p50 %s and %s", quantile(busy, 95), quantile(idle, 95), float64(quantile(busy, 95))/float64(quantile(idle, 95)), quantile(busy, 50), quantile(idle, 50))
}

// work lets four analysts query for a while; it returns how long events took into the answer of a query, and the times the analysts waited.
func (a *api) work(t *testing.T, cl *kgo.Client, during time.Duration) (delays, waits []time.Duration) {
	t.Helper()
	var mu sync.Mutex
	var wg sync.WaitGroup
	until := time.Now().Add(during)
	wg.Go(func() { delays = a.probe(t, cl, until) })
	for _, q := range analysts {
		wg.Go(func() {
			for time.Now().Before(until) {
				began := time.Now()
				if _, ok := a.ask(q); ok {
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
	return delays, waits
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

// probe puts events of a device of its own into the hub, one after the other, and returns how long each took from the hub's confirmation to
// the answer of a query that has it.
func (a *api) probe(t *testing.T, cl *kgo.Client, until time.Time) (delays []time.Duration) {
	a.probes++
	device := fmt.Sprintf("probe-%d", a.probes)
	for n := 1; time.Now().Before(until); n++ {
		now := time.Now().UTC().Format(time.RFC3339Nano)
		rec := fmt.Sprintf(`{"records":[{"time":%q,"category":"AdvancedHunting-DeviceProcessEvents","properties":{"Timestamp":%q,"DeviceId":%q,"DeviceName":%q,"ReportId":%d,"ActionType":"ProcessCreated"}}]}`, now, now, device, device, n)
		if err := cl.ProduceSync(t.Context(), &kgo.Record{Topic: a.d.Info.Simulator.Hubs[0], Value: []byte(rec)}).FirstErr(); err != nil {
			t.Errorf("putting an event into the hub: %v", err)
			return delays
		}
		began := time.Now()
		for {
			rows, ok := a.ask(fmt.Sprintf(`DeviceProcessEvents | where TimeGenerated > ago(10m) and DeviceId == %q and ReportId == %d | count`, device, n))
			if ok && len(rows) == 1 && fmt.Sprint(rows[0][0]) == "1" {
				delays = append(delays, time.Since(began))
				break
			}
			if time.Since(began) > time.Minute {
				t.Errorf("the event is not there after a minute")
				return delays
			}
			<-time.After(20 * time.Millisecond)
		}
		<-time.After(100 * time.Millisecond)
	}
	return delays
}

func quantile(d []time.Duration, percent int) time.Duration {
	if len(d) == 0 {
		return 0
	}
	d = slices.Clone(d)
	slices.Sort(d)
	return d[(len(d)-1)*percent/100].Round(time.Millisecond)
}
