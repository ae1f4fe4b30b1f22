package blob

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/sas"
	"go.uber.org/goleak"

	"github.com/vedette-siem/vedette/internal/connector/intaketest"
	"github.com/vedette-siem/vedette/internal/health"
	storage "github.com/vedette-siem/vedette/internal/simtenant/blob"
	"github.com/vedette-siem/vedette/internal/store"
)

func TestMain(m *testing.M) {
	if c := (childSetting{}); intaketest.Child(&c) {
		child(c)
		return
	}
	goleak.VerifyTestMain(m)
}

func TestTickedTablesAreReadUpToTheLastWholeLine(t *testing.T) {
	a := newAccount(t)
	now := name(0)
	whole := alert("c")
	a.write(alerts, name(100), alert("old"))
	a.write(alerts, now, alert("a")+"\r\ngarbage\r\n"+alert("b")+whole[:40])
	a.write(devices, now, record("DeviceInfo", "DeviceId", "d"))
	a.write(prefix+"brandnew", now, record("BrandNew", "Name", "n"))
	p := newPlace(t, a)
	p.run()
	p.Health(health.OK, "no table is ticked")
	p.Tick("AlertInfo")
	p.Wait("AlertInfo", "AlertId", "old", "a", "b")
	p.Wait("BrandNew", "Name", "n")
	p.Wait("DeadLetter_CL", "Content", "garbage")
	p.Health(health.OK, "Reading storage account contosologs.")
	a.write(alerts, now, whole[40:]+alert("d"))
	p.Wait("AlertInfo", "AlertId", "old", "a", "b", "c", "d")
	if got := p.Column("DeviceInfo", "DeviceId"); len(got) > 0 {
		t.Errorf("devices %v, though they are not ticked", got)
	}
	p.Tick("DeviceInfo")
	p.Wait("DeviceInfo", "DeviceId", "d")
	a.write(alerts, now, alert("e"))
	a.write(devices, now, record("DeviceInfo", "DeviceId", "f"))
	p.Wait("DeviceInfo", "DeviceId", "d", "f")
	p.Tick("AlertInfo", "DeviceInfo")
	p.Wait("AlertInfo", "AlertId", "old", "a", "b", "c", "d", "e")
	v, err := p.Service.Intake(t.Context(), testSpace)
	must(t, err)
	for _, s := range v.Sources {
		if s.Source == "blob/contosologs/"+alerts {
			if s.Stream != p.stream.Name() || s.State != "green" || s.Rows != 6 || s.DeadLetters != 1 || s.Messages != 7 {
				t.Errorf("source %+v", s)
			}
			return
		}
	}
	t.Errorf("no source of alerts in %+v", v.Sources)
}

func TestGoesOnAfterARestart(t *testing.T) {
	a := newAccount(t)
	a.write(alerts, name(3), alert("a"))
	a.write(alerts, name(0), alert("b"))
	dir := t.TempDir()
	p := openPlace(t.Context(), t, dir, a, store.Options{})
	p.Tick("AlertInfo")
	stop := p.run()
	p.Wait("AlertInfo", "AlertId", "a", "b")
	stop()
	p.Close()
	a.write(alerts, name(3), alert("late"))
	a.write(alerts, name(0), alert("c"))
	p = openPlace(t.Context(), t, dir, a, store.Options{})
	t.Cleanup(p.Close)
	p.run()
	p.Wait("AlertInfo", "AlertId", "a", "b", "late", "c")
}

func TestBlobsMadeAnew(t *testing.T) {
	a := newAccount(t)
	n := name(0)
	a.write(alerts, n, alert("a")+alert("b")+alert("c"))
	p := newPlace(t, a)
	p.Tick("AlertInfo")
	p.run()
	p.Wait("AlertInfo", "AlertId", "a", "b", "c")

	a.rewrite(alerts, n, 1, true) // moved to another account, say: nothing is doubled
	a.write(alerts, n, alert("d"))
	p.Wait("AlertInfo", "AlertId", "a", "b", "c", "d")
	if got := p.Column(store.GapTable, "_src"); len(got) > 0 {
		t.Errorf("gaps %v, though nothing is lost", got)
	}

	a.rewrite(alerts, n, 0, true)
	time.Sleep(300 * time.Millisecond) // looked at while empty
	a.write(alerts, n, alert("e"))
	p.Wait("AlertInfo", "AlertId", "a", "b", "c", "d", "e")
	p.Health(health.Warning, "(shrunk)")
	p.Wait(store.GapTable, "Reason", "shrunk")

	a.rewrite(alerts, n, 0, true)
	a.write(alerts, n, alert("f of another length")+alert(strings.Repeat("g", 200)))
	p.Wait("AlertInfo", "AlertId", "a", "b", "c", "d", "e", "f of another length", strings.Repeat("g", 200))
	p.Health(health.Warning, "(replaced)")
	p.Wait(store.GapTable, "Reason", "replaced", "shrunk")
}

func TestSecrets(t *testing.T) {
	a := newAccount(t)
	a.write(alerts, name(0), alert("a"))
	good, err := os.ReadFile(a.secretFile())
	must(t, err)
	p := newPlace(t, a)
	c, way, err := p.stream.dial(strings.TrimSpace(string(good)))
	must(t, err)
	way.CloseIdleConnections()
	signed, err := c.ServiceClient().GetSASURL(sas.AccountResourceTypes{Service: true, Container: true, Object: true}, sas.AccountPermissions{Read: true, List: true}, time.Now().Add(30*24*time.Hour), nil)
	must(t, err)
	put := func(text string) { must(t, os.WriteFile(a.secretFile(), []byte(text), 0o600)) }
	put(" \n")
	p.Tick("AlertInfo")
	p.run()
	p.Health(health.Failure, "is empty")
	put("AccountKey=s3cr3t;nonsense")
	p.Health(health.Failure, "holds no connection string")
	put("http://storage.example/?sig=s3cr3t")
	p.Health(health.Failure, "holds no connection string")
	a.secret("AccountName=" + storage.Account + ";AccountKey=d3Jvbmc=")
	p.Health(health.Failure, "refuses to show its containers (403 AuthenticationFailed)")
	put("https://127.0.0.1:1/x?sig=s3cr3t")
	p.Health(health.Failure, "cannot be reached")
	for _, r := range p.Board.All() {
		if strings.Contains(r.Description, "s3cr3t") {
			t.Errorf("health tells the secret: %s", r.Description)
		}
	}
	put(signed)
	p.Wait("AlertInfo", "AlertId", "a")
	p.Health(health.OK, "")
}

func TestOneBadBlobDoesNotStopTheOthers(t *testing.T) {
	a := newAccount(t)
	bad := name(30)
	a.write(alerts, bad, alert("bad"))
	a.write(alerts, name(0), alert("a"))
	a.write(alerts, "other/file.txt", "x")
	a.refuse.Store(&bad)
	p := newPlace(t, a)
	p.Tick("AlertInfo")
	p.run()
	p.Wait("AlertInfo", "AlertId", "a")
	p.Health(health.Failure, "does not show blob "+bad)
	nothing := "nothing"
	a.refuse.Store(&nothing)
	p.Wait("AlertInfo", "AlertId", "a", "bad")
	p.Health(health.Warning, "other/file.txt")
}
