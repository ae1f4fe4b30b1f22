package blob

import (
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/appendblob"
	azure "github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/lease"

	"github.com/vedette-siem/vedette/internal/health"
	"github.com/vedette-siem/vedette/internal/store"
)

// TestAzurite reads the emulator's append blobs: whole lines, over restarts, while the writer holds a lease, made anew with
// other and with less content.
func TestAzurite(t *testing.T) {
	e := azurite(t)
	dir, now := t.TempDir(), name(0)
	p := e.place(dir, store.Options{}, nil)
	p.Tick("AlertInfo")
	stop := p.run()
	e.create(now)
	line := alert("b")
	e.append(now, alert("a")+line[:30])
	p.Wait("AlertInfo", "AlertId", "a")
	e.append(now, line[30:])
	p.Wait("AlertInfo", "AlertId", "a", "b")

	stop()
	p.Close()
	e.append(now, alert("c"))
	holder, err := lease.NewBlobClient(e.blob(now), nil)
	must(t, err)
	_, err = holder.AcquireLease(t.Context(), -1, nil)
	must(t, err)
	p = e.place(dir, store.Options{}, nil)
	t.Cleanup(func() { p.Close() })
	p.run()
	p.Wait("AlertInfo", "AlertId", "a", "b", "c")
	_, err = holder.BreakLease(t.Context(), nil)
	must(t, err)

	// Made anew while it is read, with more, then with less.
	e.create(now)
	e.append(now, alert("d of another length")+alert("e")+alert("f")+alert("g"))
	p.Wait("AlertInfo", "AlertId", "a", "b", "c", "d of another length", "e", "f", "g")
	e.create(now)
	e.append(now, alert("h"))
	p.Wait("AlertInfo", "AlertId", "a", "b", "c", "d of another length", "e", "f", "g", "h")
	p.Wait(store.GapTable, "Reason", "replaced", "shrunk")
}

// TestAzuriteWriters: the export loses its lease to another writer, which goes on with the blob; a blob goes and comes back; a blob
// of another kind and an empty one are in the way of none.
func TestAzuriteWriters(t *testing.T) {
	e := azurite(t)
	now, hourAgo := name(0), name(1)
	p := e.place(t.TempDir(), store.Options{}, nil)
	t.Cleanup(p.Close)
	p.Tick("AlertInfo")
	p.run()
	e.create(name(2)) // stays empty
	e.create(now)
	take := func() *string {
		t.Helper()
		l, err := lease.NewBlobClient(e.blob(now), nil)
		must(t, err)
		_, err = l.AcquireLease(t.Context(), -1, nil)
		must(t, err)
		return l.LeaseID()
	}
	write := func(id *string, text string) error {
		_, err := e.blob(now).AppendBlock(t.Context(), body(text), &appendblob.AppendBlockOptions{AccessConditions: &azure.AccessConditions{LeaseAccessConditions: &azure.LeaseAccessConditions{LeaseID: id}}})
		return err
	}
	first := take()
	line := alert("b – with letters of more bytes: ü")
	cut := strings.Index(line, "ü") + 1 // in the middle of a letter
	must(t, write(first, alert("a")+line[:cut]))
	p.Wait("AlertInfo", "AlertId", "a")
	l, err := lease.NewBlobClient(e.blob(now), nil)
	must(t, err)
	period := int32(0)
	_, err = l.BreakLease(t.Context(), &lease.BlobBreakOptions{BreakPeriod: &period})
	must(t, err)
	second := take()
	if err := write(first, "x"); err == nil {
		t.Fatal("the first writer still holds the blob, so this test says nothing")
	}
	must(t, write(second, line[cut:]+alert("c")))
	p.Wait("AlertInfo", "AlertId", "a", "b – with letters of more bytes: ü", "c")

	e.create(hourAgo)
	e.append(hourAgo, alert("d")+alert("e"))
	p.Wait("AlertInfo", "AlertId", "a", "b – with letters of more bytes: ü", "c", "d", "e")
	_, err = e.blob(hourAgo).Delete(t.Context(), nil)
	must(t, err)
	time.Sleep(500 * time.Millisecond) // looked at while it is gone
	p.Health(health.OK, "Reading")
	e.create(hourAgo) // the same as before, and more: nothing is doubled
	e.append(hourAgo, alert("d")+alert("e")+alert("f"))
	p.Wait("AlertInfo", "AlertId", "a", "b – with letters of more bytes: ü", "c", "d", "e", "f")

	_, err = e.client.UploadBuffer(t.Context(), alerts, name(3), []byte(alert("g")), nil) // a block blob, as a copy to another account makes it
	must(t, err)
	p.Wait("AlertInfo", "AlertId", "a", "b – with letters of more bytes: ü", "c", "d", "e", "f", "g")
	if got := p.Column(store.GapTable, "Reason"); len(got) > 0 {
		t.Errorf("gaps %v, though nothing is lost", got)
	}
}

// TestAzuriteSignature reads by a signature that expires: people are told before and then, and a new one goes on without loss.
func TestAzuriteSignature(t *testing.T) {
	e := azurite(t)
	now := name(0)
	e.create(now)
	e.append(now, alert("a"))
	p := e.place(t.TempDir(), store.Options{}, nil)
	t.Cleanup(p.Close)
	p.Tick("AlertInfo")
	e.secret("not a secret")
	p.run()
	p.Health(health.Failure, "holds no connection string")
	until := time.Now().Add(8 * time.Second)
	e.secret(e.signature(until))
	p.Wait("AlertInfo", "AlertId", "a")
	p.Health(health.Warning, "expires at")
	p.Health(health.Failure, "The signature for storage account contosologs expired at")
	if time.Now().Before(until.Add(-2 * time.Second)) {
		t.Errorf("told %s too early", time.Until(until))
	}
	e.append(now, alert("b"))
	_, signature, _ := strings.Cut(e.signature(time.Now().Add(30*24*time.Hour)), "?")
	e.secret(signature) // without the address: that is configured
	p.Wait("AlertInfo", "AlertId", "a", "b")
	p.Health(health.OK, "Reading")
}
