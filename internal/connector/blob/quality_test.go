package blob

import (
	"slices"
	"strings"
	"testing"

	"github.com/vedette-siem/vedette/internal/connector"
	"github.com/vedette-siem/vedette/internal/health"
)

// An export that has changed its form stops the stream before its lines become dead letters; who resumes it gets them.
func TestFloodOfBadLinesPauses(t *testing.T) {
	a := newAccount(t)
	now := name(0)
	a.write(alerts, now, alert("a"))
	p := newPlace(t, a)
	p.stream.cfg.Bad = connector.BadLimit{Share: 0.5, Records: 20}
	p.Tick("AlertInfo")
	p.run()
	p.Wait("AlertInfo", "AlertId", "a")
	a.write(alerts, now, strings.Repeat("garbage\r\n", 30)+alert("b"))
	p.Health(health.Failure, "Reading storage account contosologs is paused: 30 of its last")
	if got := p.Column("DeadLetter_CL", "Reason"); len(got) != 0 {
		t.Fatalf("%d bad lines were stored", len(got))
	}
	view, err := p.Service.Show(t.Context(), testSpace, connector.DefenderXDR, connector.Person{})
	must(t, err)
	if i := slices.IndexFunc(view.Streams, func(s connector.Part) bool { return s.Paused != nil }); i < 0 || view.Streams[i].Paused.Reason != connector.ReasonBad {
		t.Errorf("streams %+v", view.Streams)
	}
	must(t, p.Service.Resume(t.Context(), testSpace, p.stream.Name()))
	p.Wait("AlertInfo", "AlertId", "a", "b")
	if got := p.Column("DeadLetter_CL", "Reason"); len(got) != 30 {
		t.Errorf("%d dead letters", len(got))
	}
}
