package blob

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/appendblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/lease"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/sas"

	"github.com/vedette-siem/vedette/internal/connector/intaketest"
	"github.com/vedette-siem/vedette/internal/health"
	"github.com/vedette-siem/vedette/internal/store"
)

// emulator is Azurite, the service's emulator, with an account of the test's.
type emulator struct {
	t       *testing.T
	dir     string
	address string
	client  *azblob.Client
}

const (
	emulated    = "contosologs"
	emulatedKey = "a2V5IG9mIHRoZSB0ZXN0cyBhY2NvdW50LCBub3RoaW5nIHNlY3JldA=="
)

// azurite starts the emulator, which ends with the test. It skips the test where that is not installed.
func azurite(t *testing.T) *emulator {
	t.Helper()
	if testing.Short() {
		t.Skip("starts the storage emulator")
	}
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("no Node.js: Azurite cannot run here")
	}
	wd, err := os.Getwd()
	must(t, err)
	main := filepath.Join(wd, "..", "..", "..", ".cache", "azurite", "node_modules", "azurite", "dist", "src", "blob", "main.js")
	if _, err := os.Stat(main); err != nil {
		t.Skip("Azurite is not installed; scripts/setup.sh does that")
	}
	e := &emulator{t: t, dir: t.TempDir()}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	port := l.Addr().(*net.TCPAddr).Port
	must(t, l.Close())
	e.address = "https://127.0.0.1:" + strconv.Itoa(port) + "/" + emulated
	e.certify()
	// The shell kills the emulator when its input ends, so that it does not outlive a test process.
	c := exec.Command("sh", "-c", `"$@" & p=$!; cat >/dev/null; kill -9 $p`, "azurite", node, main, "--silent", "--skipApiVersionCheck", "--disableTelemetry",
		"--blobHost", "127.0.0.1", "--blobPort", strconv.Itoa(port), "--location", filepath.Join(e.dir, "data"), "--cert", filepath.Join(e.dir, "server.pem"), "--key", filepath.Join(e.dir, "server.key"))
	c.Env = append(os.Environ(), "AZURITE_ACCOUNTS="+emulated+":"+emulatedKey)
	in, err := c.StdinPipe()
	must(t, err)
	must(t, c.Start())
	t.Cleanup(func() { _ = in.Close(); _ = c.Wait() })
	must(t, os.WriteFile(e.secretFile(), []byte("DefaultEndpointsProtocol=https;AccountName="+emulated+";AccountKey="+emulatedKey+";BlobEndpoint="+e.address+";"), 0o600))
	raw, err := os.ReadFile(e.caFile())
	must(t, err)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(raw)
	way := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}
	t.Cleanup(way.CloseIdleConnections)
	secret, err := os.ReadFile(e.secretFile())
	must(t, err)
	e.client, err = azblob.NewClientFromConnectionString(string(secret), &azblob.ClientOptions{ClientOptions: azcore.ClientOptions{Transport: &http.Client{Transport: way}}})
	must(t, err)
	deadline := time.Now().Add(2 * time.Minute)
	for {
		_, err := e.client.CreateContainer(t.Context(), alerts, nil)
		if err == nil {
			return e
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
		time.Sleep(200 * time.Millisecond)
	}
}

func (e *emulator) caFile() string     { return filepath.Join(e.dir, "server.pem") }
func (e *emulator) secretFile() string { return filepath.Join(e.dir, "secret") }

func (e *emulator) certify() {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(e.t, err)
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "127.0.0.1"}, NotAfter: time.Now().Add(24 * time.Hour), IsCA: true, BasicConstraintsValid: true, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key)
	must(e.t, err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	must(e.t, err)
	must(e.t, os.WriteFile(e.caFile(), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	must(e.t, os.WriteFile(filepath.Join(e.dir, "server.key"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600))
}

func (e *emulator) blob(name string) *appendblob.Client {
	return e.client.ServiceClient().NewContainerClient(alerts).NewAppendBlobClient(name)
}

// create puts an empty append blob under the name, in place of one that is there.
func (e *emulator) create(name string) {
	e.t.Helper()
	_, err := e.blob(name).Create(e.t.Context(), nil)
	must(e.t, err)
}

func (e *emulator) append(name, text string) {
	e.t.Helper()
	_, err := e.blob(name).AppendBlock(e.t.Context(), body(text), nil)
	must(e.t, err)
}

func body(text string) io.ReadSeekCloser { return streaming.NopCloser(bytes.NewReader([]byte(text))) }

// TestAzurite reads the emulator's append blobs: whole lines, over restarts, while the writer holds a lease, made anew with
// other and with less content, by connection string and by signature.
func TestAzurite(t *testing.T) {
	e := azurite(t)
	dir, now := t.TempDir(), name(0)
	open := func() *place {
		p := &place{Place: intaketest.Open(t.Context(), t, dir, store.Options{})}
		var err error
		p.stream, err = New(Config{Workspace: testSpace, Account: emulated, URL: e.address, ConnectionStringFile: e.secretFile(), CAFile: e.caFile(), Poll: 200 * time.Millisecond}, Deps{
			Appender: p.Store, Intake: p.Intake, Budget: p.Budget, Meter: p.Meter, Report: p.Report(StreamName(emulated)), Watch: p.Watch, Pause: p.Pause(StreamName(emulated)),
		})
		must(t, err)
		return p
	}
	p := open()
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
	p = open()
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

	signed, err := e.client.ServiceClient().GetSASURL(sas.AccountResourceTypes{Service: true, Container: true, Object: true}, sas.AccountPermissions{Read: true, List: true}, time.Now().Add(time.Hour), nil)
	must(t, err)
	must(t, os.WriteFile(e.secretFile(), []byte("not a secret"), 0o600))
	p.Health(health.Failure, "holds no connection string")
	must(t, os.WriteFile(e.secretFile(), []byte(signed), 0o600))
	e.append(now, alert("i"))
	p.Wait("AlertInfo", "AlertId", "a", "b", "c", "d of another length", "e", "f", "g", "h", "i")
}

// Blobs of many hours are all read.
func TestAzuriteManyBlobs(t *testing.T) {
	e := azurite(t)
	var want []string
	for i := range 24 {
		id := fmt.Sprintf("%03d", i)
		want = append(want, id)
		e.create(name(i))
		e.append(name(i), alert(id))
	}
	p := &place{Place: intaketest.Open(t.Context(), t, t.TempDir(), store.Options{})}
	t.Cleanup(p.Close)
	var err error
	p.stream, err = New(Config{Workspace: testSpace, Account: emulated, ConnectionStringFile: e.secretFile(), CAFile: e.caFile(), Poll: 200 * time.Millisecond}, Deps{
		Appender: p.Store, Intake: p.Intake, Budget: p.Budget, Meter: p.Meter, Report: p.Report(StreamName(emulated)), Watch: p.Watch, Pause: p.Pause(StreamName(emulated)),
	})
	must(t, err)
	p.Tick("AlertInfo")
	p.run()
	p.Wait("AlertInfo", "AlertId", want...)
}
