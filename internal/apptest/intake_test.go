package apptest

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
)

// TestIntakeByButtons looks at how events come in and keeps, previews and replays originals, all by the pages.
func TestIntakeByButtons(t *testing.T) {
	if testing.Short() {
		t.Skip("starts servers")
	}
	d := StartDemo(t)
	c := hubClient(t, d)
	defer c.Close()
	if err := c.ProduceSync(t.Context(), &kgo.Record{Topic: d.Info.Simulator.Hubs[0], Value: []byte("this is no record")}).FirstErr(); err != nil {
		t.Fatal(err)
	}
	browse(t, d, "intake")
}
