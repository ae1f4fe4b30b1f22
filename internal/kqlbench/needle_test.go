package kqlbench

import (
	"testing"
	"time"

	"github.com/vedette-siem/vedette/internal/schema"
)

// TestBenchNeedles prints how fast what hardly any row group holds is found over all days, and what a search costs that no
// index helps, against the engine's scan.
func TestBenchNeedles(t *testing.T) {
	w := full(t)
	once := w.rareFile(t)
	for _, h := range only([]hunt{
		{name: "rare term", kql: `DeviceProcessEvents | where ProcessCommandLine has "` + needleTerm + `" | project DeviceName, ProcessCommandLine`,
			sql: `SELECT DeviceName, ProcessCommandLine FROM {DeviceProcessEvents} WHERE regexp_matches(ProcessCommandLine, '(?i)(^|[^\p{L}\p{N}])` + needleTerm + `($|[^\p{L}\p{N}])')`},
		{name: "rare value", kql: `DeviceProcessEvents | where ProcessCommandLine == @"C:\Temp\run.exe /go ` + needleTerm + `" | project DeviceName, FileName`,
			sql: `SELECT DeviceName, FileName FROM {DeviceProcessEvents} WHERE ProcessCommandLine = 'C:\Temp\run.exe /go ` + needleTerm + `'`},
		{name: "rare hash", kql: `DeviceProcessEvents | where SHA256 == "` + needleHash + `" | project DeviceName, FileName`,
			sql: `SELECT DeviceName, FileName FROM {DeviceProcessEvents} WHERE SHA256 = '` + needleHash + `'`},
		{name: "rare file hash", kql: `DeviceFileEvents | where SHA256 == "` + once + `" | project DeviceName, FileName`,
			sql: `SELECT DeviceName, FileName FROM {DeviceFileEvents} WHERE SHA256 = '` + once + `'`},
		{name: "rare host", kql: `DeviceNetworkEvents | where RemoteUrl =~ "` + needleHost + `" | project DeviceName, RemoteIP`,
			sql: `SELECT DeviceName, RemoteIP FROM {DeviceNetworkEvents} WHERE lower(RemoteUrl) = '` + needleHost + `'`},
		{name: "absent value", kql: `DeviceProcessEvents | where ProcessCommandLine has "nowhere0815" | count`,
			sql: `SELECT count(*) FROM {DeviceProcessEvents} WHERE regexp_matches(ProcessCommandLine, '(?i)(^|[^\p{L}\p{N}])nowhere0815($|[^\p{L}\p{N}])')`},
		{name: "contains", kql: `DeviceProcessEvents | where ProcessCommandLine contains "edle" | count`,
			sql: `SELECT count(*) FROM {DeviceProcessEvents} WHERE regexp_matches(ProcessCommandLine, '(?i)edle')`},
	}) {
		w.same(t, h)
		p := w.against(t, h, 7)
		c := w.computed(t, h, 7)
		t.Logf("%-20s %9.1f ms, the scan %9.1f ms: %.1f times as fast; computing %.1f and %.1f ms, a %.1fth", h.name, ms(p.ours), ms(p.theirs), 1/p.ratio(), ms(c.ours), ms(c.theirs), 1/c.ratio())
	}
}

// rareFile is a file's hash in the middle of all, which the least and greatest value of no row group rule out, and that occurs once.
func (w *world) rareFile(t *testing.T) string {
	t.Helper()
	list, _, err := w.theirs(t.Context(), w.statement(`SELECT SHA256 FROM {DeviceFileEvents} GROUP BY 1 HAVING count(*) = 1 AND SHA256 > '7' ORDER BY 1 LIMIT 1`), []schema.Type{schema.String})
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	return list[0][0].(string)
}

// TestBenchHistory prints what a question about the last day costs with one day of history and with all thirty.
func TestBenchHistory(t *testing.T) {
	w := full(t)
	short := fewDays(t, w)
	for _, q := range []string{
		`DeviceProcessEvents | where Timestamp > ago(1d) | where ProcessCommandLine has "certutil" | summarize count() by DeviceName`,
		`DeviceNetworkEvents | where Timestamp > ago(1d) | summarize count(), dcount(RemoteIP) by DeviceName`,
		`IdentityLogonEvents | where Timestamp > ago(1d) | where ActionType == "LogonFailed" | summarize count() by AccountUpn`,
	} {
		run := func(w *world) func() time.Duration {
			return func() time.Duration {
				_, took, err := w.ours(t.Context(), q)
				if err != nil {
					t.Fatal(err)
				}
				return took
			}
		}
		p := compare(t, 9, run(w), run(short))
		t.Logf("last day of %d: %7.1f ms, of 3: %7.1f ms, ratio %.2f   %s", days, ms(p.ours), ms(p.theirs), p.ratio(), q)
	}
}

// fewDays opens the last three days alone: a tenth of the history.
func fewDays(t *testing.T, w *world) *world {
	t.Helper()
	return openDays(t, w.dir+"-3", w.divisor, 3)
}

// TestBenchMemory prints what queries take that need more than one may hold: their joins, sorts and groups go to disk.
func TestBenchMemory(t *testing.T) {
	w := full(t)
	for _, q := range []string{
		`DeviceProcessEvents | summarize count(), max(ProcessCommandLine) by DeviceName, ProcessCommandLine, InitiatingProcessCommandLine | count`,
		`DeviceProcessEvents | sort by ProcessCommandLine asc, InitiatingProcessCommandLine asc | where FileName != "" | project ProcessCommandLine, InitiatingProcessCommandLine, SHA256, DeviceName | summarize count()`,
		`DeviceProcessEvents | project DeviceId, ReportId, ProcessCommandLine | join kind=inner (DeviceProcessEvents | project DeviceId, ReportId, InitiatingProcessCommandLine) on DeviceId, ReportId | summarize count()`,
	} {
		stop := watchMemory(t)
		_, took, err := w.ours(t.Context(), q)
		grew := stop()
		result := "answered"
		if err != nil {
			result = err.Error()
		}
		t.Logf("%6.1f s, at most %5d MB more than before: %s   %s", took.Seconds(), grew>>20, result, q)
	}
	t.Logf("the cap of one query is %d MB", queryMemory>>20)
}
