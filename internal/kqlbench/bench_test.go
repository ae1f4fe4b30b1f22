package kqlbench

import (
	"math"
	"os"
	"regexp"
	"strconv"
	"testing"
	"time"
)

// full opens the month at full size, or skips. VEDETTE_BENCH_DIVISOR makes it smaller, for trials.
func full(t *testing.T) *world {
	t.Helper()
	if os.Getenv("VEDETTE_BENCH") == "" {
		t.Skip("measures for minutes over twelve million rows; run: BENCH=kql scripts/bench.sh")
	}
	divisor := 1
	if n, err := strconv.Atoi(os.Getenv("VEDETTE_BENCH_DIVISOR")); err == nil && n > 0 {
		divisor = n
	}
	return kept(t, divisor)
}

// only picks the hunts whose names VEDETTE_BENCH_ONLY matches.
func only(list []hunt) []hunt {
	re, err := regexp.Compile(os.Getenv("VEDETTE_BENCH_ONLY"))
	if err != nil {
		return list
	}
	var out []hunt
	for _, h := range list {
		if re.MatchString(h.name) {
			out = append(out, h)
		}
	}
	return out
}

// TestSameAnswers holds each query and its SQL to the same rows, over a small month.
func TestSameAnswers(t *testing.T) {
	w := open(t, t.TempDir(), small)
	for _, h := range only(hunts(t, "queries")) {
		t.Run(h.name, func(t *testing.T) { t.Logf("%d rows", w.same(t, h)) })
	}
}

// small is how much smaller the month of the quick tests is.
const small = 1000

// TestBenchHunts prints what hunting queries cost against the expert's SQL.
func TestBenchHunts(t *testing.T) {
	w := full(t)
	t.Logf("%d rows of %d days, in %d tables", w.rows, days, len(tables))
	t.Logf("%-20s %9s %9s %7s %8s", "query", "ours ms", "SQL ms", "ratio", "rows")
	sum, n := 0.0, 0
	var ours, theirs time.Duration
	for _, h := range only(hunts(t, "queries")) {
		rows := w.same(t, h)
		p := w.against(t, h, 7)
		note := ""
		if p.ours > 2*p.theirs && p.ours > p.theirs+15*time.Millisecond {
			note = "  above twice and 15 ms more"
		}
		t.Logf("%-20s %9.1f %9.1f %7.2f %8d%s", h.name, ms(p.ours), ms(p.theirs), p.ratio(), rows, note)
		sum += math.Log(max(p.ratio(), 0.5))
		n++
		ours, theirs = ours+p.ours, theirs+p.theirs
	}
	t.Logf("geometric mean %.2f (ratios below 0.5 count as 0.5); sums %.0f and %.0f ms", math.Exp(sum/float64(n)), ms(ours), ms(theirs))
}
