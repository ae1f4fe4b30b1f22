package engine

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/kql"
	"github.com/vedette-siem/vedette/internal/kql/bind"
	"github.com/vedette-siem/vedette/internal/kql/exec"
	"github.com/vedette-siem/vedette/internal/kql/kernel"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
	"github.com/vedette-siem/vedette/internal/store"
)

// handedFloor is the least share, in percent, of real queries that hand exec at most handedRows rows of a workspace as large as
// the demo's.
const (
	handedFloor = 97
	handedRows  = 100_000
)

// demoRows says how the 150,000 events of the demo's two days are spread over tables; tables not named have 1,000.
var demoRows = map[string]int{
	"DeviceNetworkEvents": 30_000, "DeviceProcessEvents": 26_000, "DeviceFileEvents": 20_000, "DeviceEvents": 14_000, "DeviceRegistryEvents": 9_000, "DeviceLogonEvents": 8_000,
	"DeviceImageLoadEvents": 8_000, "CloudAppEvents": 7_000, "EmailEvents": 4_000, "IdentityLogonEvents": 5_000, "DeviceInfo": 3_000, "DeviceNetworkInfo": 3_000,
}

// handing counts the rows that come from below into operators of exec. Rows of the root are the answer and no work of exec's.
type handing struct {
	*Source
	root plan.Node
	rows atomic.Int64
}

func (h *handing) Open(ctx context.Context, n plan.Node) (exec.Reader, bool, error) {
	r, ok, err := h.Source.Open(ctx, n)
	if ok && n != h.root {
		r = &handingReader{r, h}
	}
	return r, ok, err
}

type handingReader struct {
	exec.Reader
	h *handing
}

func (r *handingReader) Next(ctx context.Context) (*column.Batch, error) {
	b, err := r.Reader.Next(ctx)
	if err == nil {
		r.h.rows.Add(int64(b.N))
	}
	return b, err
}

// TestRowsHandedToExec runs the real queries over as many rows as the demo has and counts what DuckDB leaves to Go.
func TestRowsHandedToExec(t *testing.T) {
	if testing.Short() {
		t.Skip("fills a workspace with 150,000 rows")
	}
	f, err := os.Open(corpusFile(t, "queries.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := newWorld(t, 21)
	for _, table := range schema.Builtin().Tables() {
		n := demoRows[table.Name]
		if n == 0 {
			n = 1_000
		}
		w.fill(t, table, n)
	}
	w.seal(t)
	w.engine.opts.GoRows = 8192
	every := 10 // of the queries, unless all are asked for
	if testing.Verbose() || os.Getenv("VEDETTE_SOAK") != "" {
		every = 1
	}
	all, few := 0, 0
	in := bufio.NewScanner(f)
	in.Buffer(nil, 1<<20)
	for i := 0; in.Scan(); i++ {
		var q struct {
			Query  string
			BindOK bool `json:"bind_ok"`
		}
		if err := json.Unmarshal(in.Bytes(), &q); err != nil {
			t.Fatal(err)
		}
		if !q.BindOK || i%every != 0 {
			continue
		}
		snap := w.store.Snapshot("ws")
		p, diags := kql.Compile(q.Query, bind.Env{Catalog: snap.Catalog(), Runnable: exec.Runnable})
		if diags.HasErrors() {
			snap.Close()
			continue
		}
		all++
		rows, ran := int64(0), true
		for _, r := range p.Results {
			n, err := w.handed(t, snap, r.Root)
			rows, ran = rows+n, ran && err == nil
			if err != nil {
				t.Logf("%v\n%.300s", err, q.Query)
			}
		}
		snap.Close()
		if ran && rows <= handedRows {
			few++
			continue
		}
		t.Logf("%d rows\n%.1500s", rows, q.Query)
	}
	share := 100 * float64(few) / float64(max(all, 1))
	t.Logf("%d of %d real queries hand at most %d rows to exec (%.1f %%)", few, all, handedRows, share)
	if share < handedFloor {
		t.Errorf("the share is below %d %%", handedFloor)
	}
}

// handed runs a plan and counts the rows that exec gets; a query that ends with an error counts until then.
func (w *world) handed(t *testing.T, snap *store.Snapshot, root plan.Node) (int64, error) {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	src := w.engine.Source(snap, Auto, kernel.Env{Now: instant})
	fetch := func(context.Context, string) ([]byte, error) { return []byte("{}"), nil }
	src.Fetch(fetch)
	h := &handing{Source: src, root: root}
	r, err := exec.Run(ctx, root, exec.Env{Source: h, Now: instant, Fetch: fetch})
	if err != nil {
		return h.rows.Load(), err
	}
	defer r.Close()
	for {
		if _, err := r.Next(ctx); errors.Is(err, io.EOF) {
			return h.rows.Load(), nil
		} else if err != nil {
			return h.rows.Load(), err
		}
	}
}

// fill appends n rows of a table over the last two days.
func (w *world) fill(t testing.TB, table *schema.Table, n int) {
	t.Helper()
	rows := store.Rows{Table: table.Name, Batch: &column.Batch{N: n}}
	src := column.New(schema.String, n)
	for i := range n {
		src.Append(fmt.Sprintf("test/%s/0/%d", table.Name, i))
	}
	rows.Cols, rows.Batch.Cols = []schema.Column{{Name: store.SrcColumn, Type: schema.String}}, []*column.Vector{src}
	for _, c := range table.Columns {
		if c.Source != "" || c.Name == "" || c.Name[0] == '_' {
			continue
		}
		v := column.New(c.Type, n)
		for i := range n {
			switch c.Type {
			case schema.Datetime:
				v.Append(instant - w.rng.Int64N(2*column.Day))
			case schema.String:
				v.Append(fmt.Sprintf("%s-%d", c.Name, w.rng.IntN(1+n/8)))
			case schema.Long, schema.Int:
				v.Append(int64(i % 5000))
			default:
				v.Append(w.value(c))
			}
		}
		rows.Cols, rows.Batch.Cols = append(rows.Cols, c), append(rows.Batch.Cols, v)
	}
	if _, err := w.store.Append(t.Context(), store.Frame{Workspace: "ws", Tables: []store.Rows{rows}}); err != nil {
		t.Fatal(err)
	}
}
