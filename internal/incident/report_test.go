package incident

import (
	"fmt"
	"strings"
	"testing"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/model"
)

func TestReport(t *testing.T) {
	s := service(t)
	s.mustMerge(t, tenantIncident("27", 1, func(r *model.TenantIncident) { r.Title = "Phish | <img src=x> [a](javascript:b)\nnext" }))
	s.mustMergeAlerts(t, tenantAlert("da1", "27", 2))
	if _, err := s.AddTask(t.Context(), ws, 1, "call `her`", "", ana); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Comment(t.Context(), ws, 1, "seen", ana); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := s.Report(t.Context(), ws, 1, &b); err != nil {
		t.Fatal(err)
	}
	text := b.String()
	for _, want := range []string{
		`# Incident 1: Phish \| &lt;img src=x&gt; \[a\](javascript:b)<br>next`, "| Status | New |", "## Alerts (1)", "Alert da1", "## Entities (2)",
		"wks.contoso.com", "## Tasks (1)", "call \\`her\\`", "## Comments (1)", "seen", "## History",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the report lacks %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "## Conflicts") {
		t.Error("an empty section is written")
	}
	b.Reset()
	if err := s.Report(t.Context(), ws, 99, &b); b.Len() > 0 || fault.KindOf(err) != fault.NotFound {
		t.Errorf("an incident that is not there: %v", err)
	}
}

// TestReportOfManyAlerts has more alerts than a report reads at a time: each is in it once, in order.
func TestReportOfManyAlerts(t *testing.T) {
	s := service(t)
	s.mustMerge(t, tenantIncident("27", 1, nil))
	const n = 2*reportPage + 3
	var alerts []model.Alert
	for i := range n {
		alerts = append(alerts, tenantAlert(fmt.Sprintf("da%05d", i), "27", int64(2+i)))
	}
	s.mustMergeAlerts(t, alerts...)
	var b strings.Builder
	if err := s.Report(t.Context(), ws, 1, &b); err != nil {
		t.Fatal(err)
	}
	last := 0
	for i := range n {
		at := strings.Index(b.String(), fmt.Sprintf("| da%05d |", i))
		if at < last {
			t.Fatalf("alert %d is at %d of the report, after one at %d", i, at, last)
		}
		last = at
	}
	if got := strings.Count(b.String(), "| da"); got != n || !strings.Contains(b.String(), fmt.Sprintf("## Alerts (%d)", n)) {
		t.Errorf("%d rows of alerts, want %d", got, n)
	}
}
