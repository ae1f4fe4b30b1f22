package incident

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/vedette-siem/vedette/internal/meta"
	"github.com/vedette-siem/vedette/internal/model"
)

// BenchmarkHourOfABusyTenant takes in what a tenant of 3,000 new incidents and 10,000 alerts a day sends in an hour, each
// changed twice afterwards, and tells which share of one core that costs.
func BenchmarkHourOfABusyTenant(b *testing.B) {
	db, err := meta.Open(b.Context(), filepath.Join(b.TempDir(), "state.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	s := New(db, nil)
	s.AddWorkspace(Workspace{ID: ws, Name: "soc"})
	k, f := s.Sink(ws), &flaky{}
	const incidents, alerts, page = 125, 417, 50
	hour := 0
	for b.Loop() {
		hour++
		for v := range 3 {
			var list []model.TenantIncident
			for i := range incidents {
				list = append(list, tenantIncident(fmt.Sprintf("%d-%d", hour, i), int64(3*hour+v), func(r *model.TenantIncident) { r.Severity = []string{"Low", "Medium", "High"}[v] }))
			}
			for i := 0; i < len(list); i += page {
				if _, err := k.MergeIncidents(b.Context(), list[i:min(i+page, len(list))], false); err != nil {
					b.Fatal(err)
				}
			}
			var some []model.Alert
			for i := range alerts {
				some = append(some, withEntities(fmt.Sprintf("da%d-%d", hour, i), fmt.Sprintf("%d-%d", hour, i%incidents), int64(3*hour+v), byBoth, anIP,
					fmt.Sprintf(`{"Type":"host","HostName":"wks%d","MdatpDeviceId":"d%d"}`, i, i%300), fmt.Sprintf(`{"Type":"url","Url":"https://example.com/%d"}`, i)))
			}
			for i := 0; i < len(some); i += 2 * page {
				if _, err := k.MergeAlerts(b.Context(), some[i:min(i+2*page, len(some))], time.Time{}); err != nil {
					b.Fatal(err)
				}
			}
		}
		if err := s.Pump(f).Drain(b.Context()); err != nil {
			b.Fatal(err)
		}
		f.frames = nil
	}
	b.ReportMetric(100*b.Elapsed().Seconds()/float64(b.N)/time.Hour.Seconds(), "%core")
}
