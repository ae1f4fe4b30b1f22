package blob

import (
	"context"
	"encoding/base64"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vedette-siem/vedette/internal/connector/intaketest"
	storage "github.com/vedette-siem/vedette/internal/simtenant/blob"
	"github.com/vedette-siem/vedette/internal/simtenant/faults"
	"github.com/vedette-siem/vedette/internal/store"
)

const (
	testSpace = intaketest.Space
	tenant    = "tenantId=6b1e2f6c-0000-4000-8000-000000000001"
	prefix    = "insights-logs-" + category
	alerts    = prefix + "alertinfo"
	devices   = prefix + "deviceinfo"
)

var must = intaketest.Must

// account is a storage account with TLS; address and dir are all that a child process needs of it.
type account struct {
	t       testing.TB
	dir     string
	address string
	blobs   *storage.Store
	reader  atomic.Bool            // the token "good" may read data
	refuse  atomic.Pointer[string] // requests whose path holds it fail
}

func newAccount(t testing.TB) *account {
	t.Helper()
	a := &account{t: t, dir: t.TempDir()}
	var err error
	a.blobs, err = storage.Open(filepath.Join(a.dir, "blobs"))
	must(t, err)
	t.Cleanup(a.blobs.Close)
	a.serve(storage.Handler(storage.Config{
		Store: a.blobs, Key: []byte("key"), Token: func(text string) bool { return text == "good" }, Reader: a.reader.Load, Faults: &faults.Set{}, Now: time.Now,
	}))
	a.secret("AccountName=" + storage.Account + ";AccountKey=" + base64.StdEncoding.EncodeToString([]byte("key")))
	return a
}

// serve answers the account's requests at an address with a certificate that caFile trusts.
func (a *account) serve(h http.Handler) {
	a.t.Helper()
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if part := a.refuse.Load(); part != nil && strings.Contains(r.URL.Path, *part) {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		h.ServeHTTP(w, r)
	}))
	a.t.Cleanup(srv.Close)
	a.address = srv.URL + "/" + storage.Account
	must(a.t, os.WriteFile(a.caFile(), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw}), 0o600))
}

func (a *account) caFile() string     { return filepath.Join(a.dir, "ca.pem") }
func (a *account) secretFile() string { return filepath.Join(a.dir, "connection-string") }

// secret writes a connection string, with the account's address behind it.
func (a *account) secret(text string) {
	a.t.Helper()
	must(a.t, os.WriteFile(a.secretFile(), []byte("DefaultEndpointsProtocol=https;"+text+";BlobEndpoint="+a.address+";\n"), 0o600))
}

// name is the blob of an hour, so many hours ago.
func name(ago int) string { return nameBefore(time.Now(), ago) }

func nameBefore(now time.Time, ago int) string {
	return tenant + now.UTC().Add(-time.Duration(ago)*time.Hour).Format("/y=2006/m=01/d=02/h=15/m=00") + "/PT1H.json"
}

// write appends text to a blob.
func (a *account) write(container, name, text string) {
	a.t.Helper()
	must(a.t, a.blobs.Append(container, name, []byte(text), time.Now()))
}

// rewrite puts a blob with the first share of the lines under the name.
func (a *account) rewrite(container, name string, share float64, fresh bool) {
	a.t.Helper()
	must(a.t, a.blobs.Rewrite(container, name, share, fresh, time.Now()))
}

// record is a line of a table whose id column holds the id.
func record(table, column, id string) string { return intaketest.Record(table, column, id) + "\r\n" }

// alert is a line of AlertInfo.
func alert(id string) string { return record("AlertInfo", "AlertId", id) }

// place is a workspace with the stream under test.
type place struct {
	*intaketest.Place
	stream *Stream
}

func openPlace(ctx context.Context, t testing.TB, dir string, a *account, opts store.Options) *place {
	t.Helper()
	p := &place{Place: intaketest.Open(ctx, t, dir, opts)}
	p.attach(Config{Workspace: testSpace, Account: storage.Account, ConnectionStringFile: a.secretFile(), CAFile: a.caFile(), Poll: 100 * time.Millisecond})
	return p
}

// attach makes the stream under test.
func (p *place) attach(cfg Config) {
	p.T.Helper()
	var err error
	p.stream, err = New(cfg, Deps{
		Appender: p.Store, Intake: p.Intake, Budget: p.Budget, Meter: p.Meter, Report: p.Report(StreamName(cfg.Account)), Watch: p.Watch, Pause: p.Pause(StreamName(cfg.Account)),
	})
	must(p.T, err)
}

// newPlace returns a place that is closed with the test.
func newPlace(t *testing.T, a *account) *place {
	t.Helper()
	p := openPlace(t.Context(), t, t.TempDir(), a, store.Options{})
	t.Cleanup(p.Close)
	return p
}

func (p *place) run() (stop func()) { return p.Run(p.stream, Wanted) }
