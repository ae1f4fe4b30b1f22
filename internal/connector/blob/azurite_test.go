package blob

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/appendblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/sas"

	"github.com/vedette-siem/vedette/internal/connector/intaketest"
	"github.com/vedette-siem/vedette/internal/pki"
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
	inMemory    = "--inMemoryPersistence"
	writers     = 8 // at once
	emulated    = "contosologs"
	emulatedKey = "a2V5IG9mIHRoZSB0ZXN0cyBhY2NvdW50LCBub3RoaW5nIHNlY3JldA=="
)

// azurite starts the emulator, which ends with the test. It skips the test where that is not installed.
func azurite(t *testing.T, args ...string) *emulator {
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
	_, err = pki.Ensure(e.dir, []string{"127.0.0.1"}, time.Now())
	must(t, err)
	args = append([]string{"-c", `"$@" & p=$!; cat >/dev/null; kill -9 $p`, "azurite", node, main, "--silent", "--skipApiVersionCheck", "--disableTelemetry",
		"--blobHost", "127.0.0.1", "--blobPort", strconv.Itoa(port), "--cert", filepath.Join(e.dir, "server.pem"), "--key", filepath.Join(e.dir, "server.key")}, args...)
	if !slices.Contains(args, inMemory) {
		args = append(args, "--location", filepath.Join(e.dir, "data"))
	}
	// The shell kills the emulator when its input ends, so that it does not outlive a test process.
	c := exec.Command("sh", args...)
	c.Env = append(os.Environ(), "AZURITE_ACCOUNTS="+emulated+":"+emulatedKey)
	in, err := c.StdinPipe()
	must(t, err)
	must(t, c.Start())
	t.Cleanup(func() { _ = in.Close(); _ = c.Wait() })
	e.secret("DefaultEndpointsProtocol=https;AccountName=" + emulated + ";AccountKey=" + emulatedKey + ";BlobEndpoint=" + e.address + ";")
	raw, err := os.ReadFile(e.caFile())
	must(t, err)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(raw)
	way := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, MaxIdleConnsPerHost: writers}
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

func (e *emulator) caFile() string     { return filepath.Join(e.dir, "ca.pem") }
func (e *emulator) secretFile() string { return filepath.Join(e.dir, "secret") }

// secret is what the stream signs in with from now on.
func (e *emulator) secret(text string) {
	e.t.Helper()
	must(e.t, os.WriteFile(e.secretFile(), []byte(text), 0o600))
}

// signature returns the account's address with a signature that is good until then.
func (e *emulator) signature(until time.Time) string {
	e.t.Helper()
	signed, err := e.client.ServiceClient().GetSASURL(sas.AccountResourceTypes{Service: true, Container: true, Object: true}, sas.AccountPermissions{Read: true, List: true}, until, nil)
	must(e.t, err)
	return signed
}

// place opens a workspace that reads the account.
func (e *emulator) place(dir string, opts store.Options, change func(*Config)) *place {
	e.t.Helper()
	p := &place{Place: intaketest.Open(e.t.Context(), e.t, dir, opts)}
	cfg := Config{Workspace: testSpace, Account: emulated, URL: e.address, ConnectionStringFile: e.secretFile(), CAFile: e.caFile(), Poll: 200 * time.Millisecond}
	if change != nil {
		change(&cfg)
	}
	p.attach(cfg)
	return p
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
