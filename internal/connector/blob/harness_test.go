package blob

import (
	"context"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vedette-siem/vedette/internal/connector"
	"github.com/vedette-siem/vedette/internal/health"
	"github.com/vedette-siem/vedette/internal/ingest"
	"github.com/vedette-siem/vedette/internal/meta"
	"github.com/vedette-siem/vedette/internal/model"
	storage "github.com/vedette-siem/vedette/internal/simtenant/blob"
	"github.com/vedette-siem/vedette/internal/simtenant/faults"
	"github.com/vedette-siem/vedette/internal/store"
)

const (
	testSpace = "ws-1"
	tenant    = "tenantId=6b1e2f6c-0000-4000-8000-000000000001"
	prefix    = "insights-logs-" + category
	alerts    = prefix + "alertinfo"
	devices   = prefix + "deviceinfo"
)

// account is a storage account with TLS; address and dir are all that a child process needs of it.
type account struct {
	t       testing.TB
	dir     string
	address string
	blobs   *storage.Store
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
		Store: a.blobs, Key: []byte("key"), Token: func(string) bool { return false }, Reader: func() bool { return false }, Faults: &faults.Set{}, Now: time.Now,
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
func name(ago int) string {
	return tenant + time.Now().UTC().Add(-time.Duration(ago)*time.Hour).Format("/y=2006/m=01/d=02/h=15/m=00") + "/PT1H.json"
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
func record(table, column, id string) string {
	return fmt.Sprintf(`{"time":"2026-07-18T14:08:10.0236840Z","category":"AdvancedHunting-%s","properties":{"Timestamp":"2026-07-18T14:05:00.1234567Z","%s":"%s"}}`, table, column, id) + "\r\n"
}

// alert is a line of AlertInfo.
func alert(id string) string { return record("AlertInfo", "AlertId", id) }

// place is a workspace: state, store, service and the stream under test.
type place struct {
	t       testing.TB
	db      *meta.DB
	store   *store.Store
	board   *health.Board
	service *connector.Service
	meter   *connector.Meter
	stream  *Stream
}

func openPlace(ctx context.Context, t testing.TB, dir string, a *account, opts store.Options) *place {
	t.Helper()
	p := &place{t: t, board: &health.Board{}}
	var err error
	p.db, err = meta.Open(ctx, filepath.Join(dir, "state.db"))
	must(t, err)
	opts.Dir, opts.Manifest = dir, p.db
	p.store, err = store.Open(ctx, opts)
	must(t, err)
	p.meter = connector.NewMeter(p.db, nil)
	p.service, err = connector.NewService(ctx, connector.Config{Connections: p.db, Meter: p.meter, Board: p.board}, testSpace)
	must(t, err)
	p.stream, err = New(Config{Workspace: testSpace, Account: storage.Account, ConnectionStringFile: a.secretFile(), CAFile: a.caFile(), Poll: 100 * time.Millisecond}, Deps{
		Appender: p.store, Intake: ingest.NewIntake(testSpace, p.store.Catalog(testSpace)), Budget: ingest.NewBudget(0), Meter: p.meter,
		Report: connector.NewReporter(p.board, testSpace, StreamName(storage.Account)), Watch: func() (model.Connection, <-chan struct{}) { return p.service.Watch(testSpace) },
	})
	must(t, err)
	return p
}

// newPlace returns a place that is closed with the test.
func newPlace(t *testing.T, a *account) *place {
	t.Helper()
	p := openPlace(t.Context(), t, t.TempDir(), a, store.Options{})
	t.Cleanup(p.close)
	return p
}

func (p *place) close() {
	if err := errors.Join(p.store.Close(), p.db.Close()); err != nil {
		p.t.Error(err)
	}
}

// run runs the stream under the runner until the returned function is called, or the test ends.
func (p *place) run() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	r := connector.NewRunner(p.service, p.board, nil)
	r.Add(connector.Job{Workspace: testSpace, Stream: p.stream, Title: "Events", Wanted: Wanted, Always: true})
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := r.Run(ctx); err != nil {
			p.t.Error(err)
		}
	}()
	stop = func() { cancel(); <-done }
	p.t.Cleanup(stop)
	return stop
}

func (p *place) tick(tables ...string) {
	p.t.Helper()
	_, err := p.service.SetTables(context.Background(), testSpace, connector.DefenderXDR, tables, "ann")
	must(p.t, err)
}

// column returns the values of a string column of a table, sorted.
func (p *place) column(table, column string) []string {
	p.t.Helper()
	out := []string{}
	p.scan(table, []string{column}, func(v []string) { out = append(out, v[0]) })
	slices.Sort(out)
	return out
}

// scan calls f with the string columns of every row.
func (p *place) scan(table string, columns []string, f func([]string)) {
	p.t.Helper()
	snap := p.store.Snapshot(testSpace)
	defer snap.Close()
	r, err := snap.Scan(context.Background(), store.ScanSpec{Table: table, Columns: columns})
	if err != nil {
		return // the table is not there yet
	}
	defer r.Close()
	for {
		b, err := r.Next(context.Background())
		if errors.Is(err, io.EOF) {
			return
		}
		must(p.t, err)
		for i := range b.N {
			row := make([]string, len(columns))
			for k := range columns {
				row[k] = fmt.Sprint(b.Cols[k].Value(i))
			}
			f(row)
		}
	}
}

// wait waits until the column has exactly these values.
func (p *place) wait(table, column string, want ...string) {
	p.t.Helper()
	slices.Sort(want)
	eventually(p.t, func() (bool, string) {
		got := p.column(table, column)
		return slices.Equal(got, want), fmt.Sprintf("%s.%s is %v, want %v; health %+v", table, column, got, want, p.board.All())
	})
}

// health waits until the stream's health has the status and a description that contains the text.
func (p *place) health(status health.Status, text string) {
	p.t.Helper()
	eventually(p.t, func() (bool, string) {
		all := p.board.All()
		ok := len(all) == 1 && all[0].Status == status && strings.Contains(all[0].Description, text)
		return ok, fmt.Sprintf("health is %+v, want %s: %s", all, status, text)
	})
}

func eventually(t testing.TB, f func() (bool, string)) {
	t.Helper()
	deadline := time.Now().Add(40 * time.Second)
	for {
		ok, text := f()
		if ok {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(text)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
