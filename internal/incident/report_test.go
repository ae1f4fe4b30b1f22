package incident

import (
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
	text, err := s.Report(t.Context(), ws, 1)
	if err != nil {
		t.Fatal(err)
	}
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
	if _, err := s.Report(t.Context(), ws, 99); fault.KindOf(err) != fault.NotFound {
		t.Errorf("an incident that is not there: %v", err)
	}
}
