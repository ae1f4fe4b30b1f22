package eventhub

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
	"go.uber.org/goleak"

	"github.com/vedette-siem/vedette/internal/connector"
	"github.com/vedette-siem/vedette/internal/connector/intaketest"
	"github.com/vedette-siem/vedette/internal/health"
)

func TestMain(m *testing.M) {
	if c := (childSetting{}); intaketest.Child(&c) {
		child(c)
		return
	}
	goleak.VerifyTestMain(m)
}

func TestRowsDeadLettersAndSkippedTables(t *testing.T) {
	h := newHub(t)
	h.start()
	h.send(0, alert("a"), "garbage", message(record("AlertInfo", "AlertId", "b"), `{"category":"AdvancedHunting-AlertInfo"}`, record("AlertInfo", "AlertId", "c")))
	h.send(1, message(record("DeviceInfo", "DeviceId", "d"), record("NewThing", "Name", "n"), record("AlertInfo", "New", "x")), "")
	p := newPlace(t, h)
	p.Tick("AlertInfo")
	p.run()
	p.Wait("AlertInfo", "AlertId", "", "a", "b", "c")
	p.Wait("AlertInfo", "_src", "hub/"+testHub+"/0/0/0", "hub/"+testHub+"/0/2/0", "hub/"+testHub+"/0/2/2", "hub/"+testHub+"/1/0/2")
	p.Wait("NewThing", "Name", "n")
	p.Wait("DeadLetter_CL", "Reason", "notJSON", "notARecord", "empty")
	p.Wait("DeviceInfo", "DeviceId")
	p.Health(health.OK, "2 partitions")

	eventually(t, func() (bool, string) {
		v, err := p.Service.Show(t.Context(), testSpace, connector.DefenderXDR, connector.Person{})
		must(t, err)
		byName := map[string]string{}
		for _, tab := range v.Tables {
			if tab.Exported {
				byName[tab.Name] = fmt.Sprintf("%d rows, selected %v", tab.Rows, tab.Selected)
			}
		}
		want := map[string]string{"AlertInfo": "4 rows, selected true", "NewThing": "1 rows, selected true", "DeviceInfo": "0 rows, selected false"}
		got := fmt.Sprint(byName, v.Skipped, v.State)
		return cmp.Equal(want, byName) && v.State == "connected" && len(v.Skipped) == 1 && v.Skipped[0].Count == 1 && len(v.Partitions) == 2, got
	})
}

func TestDisconnectingStopsTheReading(t *testing.T) {
	h := newHub(t)
	h.start()
	h.send(0, alert("a"))
	p := newPlace(t, h)
	p.Tick("AlertInfo")
	p.run()
	p.Wait("AlertInfo", "AlertId", "a")
	_, err := p.Service.Disconnect(t.Context(), testSpace, connector.DefenderXDR, connector.Request{}, "ann")
	must(t, err)
	p.Health(health.OK, "no table is ticked")
	h.send(0, alert("b"))
	if v, err := p.Service.Show(t.Context(), testSpace, connector.DefenderXDR, connector.Person{}); err != nil || v.State != "notConnected" || len(v.Partitions) != 0 {
		t.Errorf("state %s, partitions %v, %v", v.State, v.Partitions, err)
	}
	p.Wait("AlertInfo", "AlertId", "a")
	p.Tick("AlertInfo")
	p.Wait("AlertInfo", "AlertId", "a", "b")
}

func TestRestartGoesOnBehindTheLastMessage(t *testing.T) {
	h := newHub(t)
	h.start()
	h.send(0, alert("a"))
	p := newPlace(t, h)
	p.Tick("AlertInfo")
	stop := p.run()
	p.Wait("AlertInfo", "AlertId", "a")
	stop()
	h.send(0, alert("b"))
	p.run()
	p.Wait("AlertInfo", "AlertId", "a", "b")
}

func TestLookingWithoutStoring(t *testing.T) {
	h := newHub(t)
	h.start()
	h.send(0, alert("a"), message(record("NewThing", "Name", "n")))
	p := newPlace(t, h)
	p.run()
	p.Health(health.OK, "no table is ticked")
	eventually(t, func() (bool, string) {
		v, err := p.Service.Show(t.Context(), testSpace, connector.DefenderXDR, connector.Person{})
		must(t, err)
		var exported []string
		for _, tab := range v.Tables {
			if tab.Exported && tab.LastSeen != nil {
				exported = append(exported, tab.Name)
			}
		}
		return slices.Contains(exported, "AlertInfo") && v.State == "notConnected", fmt.Sprint(exported, v.State)
	})
	p.Wait("AlertInfo", "AlertId")
	p.Tick("AlertInfo")
	p.Wait("AlertInfo", "AlertId", "a")
	p.Wait("NewThing", "Name", "n")
}

func TestTablesTickedLaterAreReadAgain(t *testing.T) {
	h := newHub(t)
	h.start()
	device := func(id string) string { return message(record("DeviceInfo", "DeviceId", id)) }
	h.send(0, alert("a0"), device("d0"), "garbage")
	h.send(1, device("d1"), alert("a1"))
	p := newPlace(t, h)
	p.Tick("AlertInfo")
	p.run()
	p.Wait("AlertInfo", "AlertId", "a0", "a1")
	p.Wait("DeadLetter_CL", "Reason", "notJSON")

	p.Tick("AlertInfo", "DeviceInfo")
	p.Wait("DeviceInfo", "DeviceId", "d0", "d1")
	p.Wait("DeviceInfo", "_src", "hub/"+testHub+"/0/1/0", "hub/"+testHub+"/1/0/0")

	p.Tick("DeviceInfo") // AlertInfo off
	h.send(0, alert("a2"), device("d2"))
	p.Wait("DeviceInfo", "DeviceId", "d0", "d1", "d2")

	p.Tick("AlertInfo", "DeviceInfo") // and on again
	h.send(0, alert("a3"), device("d3"))
	p.Wait("AlertInfo", "AlertId", "a0", "a1", "a2", "a3")
	p.Wait("DeviceInfo", "DeviceId", "d0", "d1", "d2", "d3")
	p.Wait("DeadLetter_CL", "Reason", "notJSON")
	if next, ok := p.Store.Next(testSpace, "hub/"+testHub+"/0/replay/AlertInfo/2", 0); !ok || next != 5 {
		t.Errorf("the second replay of AlertInfo ends at %d, %v; want 5", next, ok)
	}
}

// refuse makes the broker answer wrong connection strings as Event Hubs does; by itself it closes the connection.
func refuse(h *hub) {
	h.cluster.ControlKey(36, func(r kmsg.Request) (kmsg.Response, error, bool) {
		h.cluster.KeepControl()
		req := r.(*kmsg.SASLAuthenticateRequest)
		if strings.HasSuffix(string(req.SASLAuthBytes), "\x00"+testSecret) {
			return nil, nil, false
		}
		resp := req.ResponseKind().(*kmsg.SASLAuthenticateResponse)
		resp.ErrorCode = kerr.SaslAuthenticationFailed.Code
		return resp, nil, true
	})
}

func TestWrongConnectionString(t *testing.T) {
	t.Run("refused", func(t *testing.T) { testWrongConnectionString(t, refuse) })
	t.Run("closed", func(t *testing.T) { testWrongConnectionString(t, func(*hub) {}) })
}

func testWrongConnectionString(t *testing.T, prepare func(*hub)) {
	h := newHub(t)
	h.start()
	h.send(0, alert("a"))
	prepare(h)
	must(t, os.WriteFile(h.secretFile(), []byte("Endpoint=sb://wrong/"), 0o600))
	p := newPlace(t, h)
	p.Tick("AlertInfo")
	p.run()
	p.Health(health.Failure, "SASL_AUTHENTICATION_FAILED")
	p.Health(health.Failure, h.secretFile())
	if state, _ := p.Service.State(testSpace); state != "error" {
		t.Errorf("state is %s, want error", state)
	}
	must(t, os.WriteFile(h.secretFile(), []byte(testSecret), 0o600))
	p.Wait("AlertInfo", "AlertId", "a")
	p.Health(health.OK, "")
}

func TestHubThatIsNotThere(t *testing.T) {
	h := newHub(t)
	h.start()
	p := newPlace(t, h)
	p.stream.cfg.Hub = "other"
	p.Tick("AlertInfo")
	p.run()
	p.Health(health.Failure, "There is no event hub other")
}

func TestBrokerDownAtStartAndRestarted(t *testing.T) {
	h := newHub(t)
	p := newPlace(t, h)
	p.Tick("AlertInfo")
	p.run()
	p.Health(health.Failure, "cannot be reached")
	h.start()
	h.send(0, alert("a"))
	p.Wait("AlertInfo", "AlertId", "a")
	p.Health(health.OK, "")
	h.stop()
	p.Health(health.Failure, "cannot be reached")
	h.start()
	h.send(0, alert("b"))
	p.Wait("AlertInfo", "AlertId", "a", "b")
	p.Health(health.OK, "")
}

func TestLostPositionsAreRecorded(t *testing.T) {
	h := newHub(t)
	h.start()
	h.send(0, alert("a"))
	p := newPlace(t, h)
	p.Tick("AlertInfo")
	stop := p.run()
	p.Wait("AlertInfo", "AlertId", "a")
	stop()
	h.send(0, alert("b"), alert("c"), alert("d"))
	must(t, h.cluster.DeleteRecords(testHub, 0, 3))
	p.run()
	p.Wait("AlertInfo", "AlertId", "a", "d")
	p.Wait("GapRecord_CL", "Reason", "retention")
	p.Wait("SentinelHealth", "Reason", "retention")
	eventually(t, func() (bool, string) { // the table's source lacks them; the process that knew its tables may be gone
		p.Meter.Flush(t.Context())
		v, err := p.Service.Intake(t.Context(), testSpace)
		must(t, err)
		i := slices.IndexFunc(v.Tables, func(h connector.TableHealth) bool { return h.Table == "AlertInfo" })
		return i >= 0 && v.Tables[i].Gaps == 2 && v.Sources[0].Gaps == 2, fmt.Sprintf("%+v", v)
	})
	p.Health(health.Warning, "no longer holds positions 1 to 2")
}

func TestHubMadeAnewIsReadAsANewGeneration(t *testing.T) {
	h := newHub(t)
	h.start()
	h.send(0, alert("a"), alert("b"))
	p := newPlace(t, h)
	p.Tick("AlertInfo")
	p.run()
	p.Wait("AlertInfo", "AlertId", "a", "b")
	must(t, h.cluster.DeleteTopic(testHub))
	must(t, h.cluster.CreateTopic(testHub, 2, nil))
	h.send(0, alert("c"))
	p.Wait("AlertInfo", "AlertId", "a", "b", "c")
	p.Wait("AlertInfo", "_src", "hub/"+testHub+"/0/0/0", "hub/"+testHub+"/0/1/0", "hub/"+testHub+"~1/0/0/0")
	h.send(0, alert("d"))
	p.Wait("AlertInfo", "AlertId", "a", "b", "c", "d")
}

func TestNewPartitions(t *testing.T) {
	h := newHub(t)
	h.start()
	p := newPlace(t, h)
	p.Tick("AlertInfo")
	p.run()
	p.Health(health.OK, "2 partitions")
	adm := kadm.NewClient(h.client())
	_, err := adm.CreatePartitions(t.Context(), 1, testHub)
	must(t, err)
	h.send(2, alert("a"))
	p.Wait("AlertInfo", "AlertId", "a")
}

func TestLargeMessages(t *testing.T) {
	h := newHub(t)
	h.start()
	big := message(record("AlertInfo", "Title", strings.Repeat("x", 900_000)))
	h.send(0, alert("a"), big, alert("b"))
	p := newPlace(t, h)
	p.Tick("AlertInfo")
	p.run()
	p.Wait("AlertInfo", "AlertId", "", "a", "b")
}

func TestGroupIsTold(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for the commit interval")
	}
	h := newHub(t)
	h.start()
	h.send(0, alert("a"), alert("b"))
	p := newPlace(t, h)
	p.Tick("AlertInfo")
	p.run()
	p.Wait("AlertInfo", "AlertId", "a", "b")
	adm := kadm.NewClient(h.client())
	eventually(t, func() (bool, string) {
		offsets, err := adm.FetchOffsets(t.Context(), "vedette")
		o, ok := offsets.Lookup(testHub, 0)
		return ok && o.At == 2, fmt.Sprint(offsets, err)
	})
}
