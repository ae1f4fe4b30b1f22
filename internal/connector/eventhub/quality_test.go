package eventhub

import (
	"strings"
	"testing"

	"github.com/vedette-siem/vedette/internal/connector"
	"github.com/vedette-siem/vedette/internal/health"
)

// TestFloodOfBadRecordsPauses: the stream stops and is red, nothing of the flood is stored until somebody resumes it, and
// then all of it is.
func TestFloodOfBadRecordsPauses(t *testing.T) {
	flood := int(connector.DefaultBadLimit.Records)
	h := newHub(t)
	h.start()
	h.send(0, alert("a"))
	p := newPlace(t, h)
	p.Tick("AlertInfo")
	p.run()
	p.Wait("AlertInfo", "AlertId", "a")
	h.send(0, message(strings.Split(strings.Repeat("7,", 3*flood)+"7", ",")...), alert("b"))
	p.Health(health.Failure, "cannot be stored, so the tenant's export has probably changed its form")
	if got := p.Column("DeadLetter_CL", "Reason"); len(got) != 0 {
		t.Fatalf("%d bad records were stored", len(got))
	}
	view, err := p.Service.Show(t.Context(), testSpace, connector.DefenderXDR, connector.Person{})
	must(t, err)
	if part := view.Streams[0]; view.State != connector.Errored || part.Paused == nil || part.Paused.Reason != "many_dead_letters" || part.Paused.By != "" {
		t.Errorf("state %s, %+v", view.State, part)
	}
	must(t, p.Service.Resume(t.Context(), testSpace, p.stream.Name()))
	p.Wait("AlertInfo", "AlertId", "a", "b")
	if got := p.Column("DeadLetter_CL", "Reason"); len(got) != 3*flood+1 {
		t.Errorf("%d dead letters", len(got))
	}
	p.Health(health.Warning, "More than one record in twenty")
}
