package transform

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/health"
	"github.com/vedette-siem/vedette/internal/ingest"
	"github.com/vedette-siem/vedette/internal/model"
	"github.com/vedette-siem/vedette/internal/schema"
	"github.com/vedette-siem/vedette/internal/store"
)

const ws = "w1"

type keeper struct {
	mu  sync.Mutex
	all map[string]model.Transform
}

func (k *keeper) SaveTransform(_ context.Context, _ string, t model.Transform) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if t.Query == "" {
		delete(k.all, t.Table)
	} else {
		k.all[t.Table] = t
	}
	return nil
}

func (k *keeper) Transforms(context.Context, string) ([]model.Transform, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	var out []model.Transform
	for _, t := range k.all {
		out = append(out, t)
	}
	return out, nil
}

// world is an intake with transformations.
type world struct {
	t      *testing.T
	intake *ingest.Intake
	keeper *keeper
	board  *health.Board
	*Service
	offset int64
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, keeper: &keeper{all: map[string]model.Transform{}}, board: &health.Board{}}
	w.start()
	return w
}

func (w *world) start() {
	w.t.Helper()
	w.intake = ingest.NewIntake(ws, schema.Builtin())
	var err error
	w.Service, err = New(w.t.Context(), Config{Keeper: w.keeper, Board: w.board}, Workspace{
		ID: ws, Catalog: schema.Builtin(), Intake: w.intake,
		Stored: func(_ context.Context, table string, _ int) (store.Rows, error) {
			return store.Rows{Table: table, Batch: &column.Batch{}}, nil
		},
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) set(table, text string) {
	w.t.Helper()
	if err := w.Set(w.t.Context(), ws, table, text, "ann"); err != nil {
		w.t.Fatal(err)
	}
}

// come takes in records of a table and returns the rows that are stored, as text by column, and what became of them.
func (w *world) come(table string, props ...string) ([]map[string]any, ingest.Count) {
	w.t.Helper()
	d := w.intake.Decoder("hub/h", 0)
	var msgs []ingest.Message
	first := w.offset
	for _, p := range props {
		msgs = append(msgs, ingest.Message{Offset: w.offset, Time: time.Now(), Value: []byte(`{"time":"2026-07-18T12:00:00Z","category":"AdvancedHunting-` + table + `","properties":` + p + `}`)})
		w.offset++
	}
	f, counts := d.Decode(first, msgs, ingest.All())
	var out []map[string]any
	for _, r := range f.Tables {
		if r.Table == table {
			for i := range r.Batch.N {
				row := map[string]any{}
				for k, c := range r.Cols {
					if v := r.Batch.Cols[k].Value(i); v != nil && v != "" && c.Name != "_BilledSize" {
						row[c.Name] = v
					}
				}
				out = append(out, row)
			}
		}
	}
	return out, counts[table]
}

func pick(rows []map[string]any, names ...string) [][]any {
	var out [][]any
	for _, r := range rows {
		var v []any
		for _, n := range names {
			v = append(v, r[n])
		}
		out = append(out, v)
	}
	return out
}

const (
	event1 = `{"Timestamp":"2026-07-18T11:00:00.0000001Z","DeviceId":"d1","ActionType":"A","ReportId":1,"AdditionalFields":"{\"k\":5}"}`
	event2 = `{"Timestamp":"2026-07-18T11:00:01Z","DeviceId":"d2","ActionType":"B","ReportId":2}`
	event3 = `{"Timestamp":"2026-07-18T11:00:02Z","DeviceId":"d3","ActionType":"A","ReportId":3}`
)

// Rows are dropped and counted; those that stay keep their provenance.
func TestWhere(t *testing.T) {
	w := newWorld(t)
	w.set("DeviceEvents", `source | where ActionType == "A"`)
	rows, n := w.come("DeviceEvents", event1, event2, event3)
	if diff := cmp.Diff([][]any{{"d1", "hub/h/0/0/0", ws}, {"d3", "hub/h/0/2/0", ws}}, pick(rows, "DeviceId", "_src", "TenantId")); diff != "" {
		t.Error(diff)
	}
	if n.Rows != 2 || n.Dropped != 1 || n.Dead != 0 {
		t.Errorf("counted %+v", n)
	}
	if rows, n := w.come("DeviceEvents", event2); len(rows) != 0 || n.Dropped != 1 || n.Rows != 0 {
		t.Errorf("all dropped: %v %+v", rows, n)
	}
	if !w.Filters(ws, "DeviceEvents") || w.Filters(ws, "DeviceInfo") {
		t.Error("which tables are filtered")
	}
	if err := w.Clear(t.Context(), ws, "DeviceEvents"); err != nil {
		t.Fatal(err)
	}
	if rows, _ := w.come("DeviceEvents", event2); len(rows) != 1 {
		t.Errorf("cleared, but %v", rows)
	}
	if err := w.Clear(t.Context(), ws, "DeviceEvents"); fault.CodeOf(err) != "transform_not_found" {
		t.Error(err)
	}
}

func TestColumns(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		cols []string
		want [][]any
	}{
		"extend":         {`source | extend Level = iff(ActionType == "A", 1, 2), Short = strcat(DeviceId, "/", ActionType)`, []string{"DeviceId", "Level", "Short"}, [][]any{{"d1", int64(1), "d1/A"}, {"d2", int64(2), "d2/B"}}},
		"replace":        {`source | extend DeviceId = toupper(DeviceId)`, []string{"DeviceId", "ActionType"}, [][]any{{"D1", "A"}, {"D2", "B"}}},
		"project-away":   {`source | project-away ActionType`, []string{"DeviceId", "ActionType", "SourceSystem"}, [][]any{{"d1", nil, "Microsoft Defender XDR"}, {"d2", nil, "Microsoft Defender XDR"}}},
		"project":        {`source | project TimeGenerated, Machine = DeviceId`, []string{"DeviceId", "Machine", "Type"}, [][]any{{nil, "d1", "DeviceEvents"}, {nil, "d2", "DeviceEvents"}}},
		"project-rename": {`source | project-rename Machine = DeviceId`, []string{"DeviceId", "Machine"}, [][]any{{nil, "d1"}, {nil, "d2"}}},
		"dynamic":        {`source | extend K = tolong(AdditionalFields.k)`, []string{"K"}, [][]any{{int64(5)}, {nil}}},
		"parse":          {`source | parse DeviceId with "d" Number:long | where Number > 1`, []string{"DeviceId", "Number", "_src"}, [][]any{{"d2", int64(2), "hub/h/0/1/0"}}},
		"let":            {`let wanted = dynamic(["A"]); source | where ActionType in (wanted) | project-away DeviceId`, []string{"ActionType", "DeviceId"}, [][]any{{"A", nil}}},
		"Timestamp":      {`source | where Timestamp > datetime(2026-07-18T11:00:00.5)`, []string{"DeviceId"}, [][]any{{"d2"}}},
		"nothing":        {`source`, []string{"DeviceId"}, [][]any{{"d1"}, {"d2"}}},
		"time":           {`source | extend TimeGenerated = iff(ActionType == "A", datetime(null), TimeGenerated + 1h)`, []string{"TimeGenerated"}, [][]any{{column.FromTime(time.Date(2026, 7, 18, 11, 0, 0, 100, time.UTC))}, {column.FromTime(time.Date(2026, 7, 18, 12, 0, 1, 0, time.UTC))}}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.set("DeviceEvents", c.text)
			rows, _ := w.come("DeviceEvents", event1, event2)
			if diff := cmp.Diff(c.want, pick(rows, c.cols...)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			again, _ := w.come("DeviceEvents", event1, event2) // the compiled program goes on
			if len(again) != len(rows) {
				t.Errorf("%d rows, then %d", len(rows), len(again))
			}
		})
	}
}

// Only what is decided by a single row, and fits the table, is accepted.
func TestRefusals(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct{ table, text, want string }{
		{"DeviceEvents", `source | summarize count() by DeviceId`, "transform_not_by_row"},
		{"DeviceEvents", `source | take 5`, "transform_not_by_row"},
		{"DeviceEvents", `source | sort by DeviceId`, "transform_not_by_row"},
		{"DeviceEvents", `source | join (source) on DeviceId`, "transform_not_by_row"},
		{"DeviceEvents", `source | union source`, "transform_not_by_row"},
		{"DeviceEvents", `source | mv-expand AdditionalFields`, "transform_not_by_row"},
		{"DeviceEvents", `source | where DeviceId in ((source | project DeviceId))`, "transform_not_by_row"},
		{"DeviceEvents", `source | extend n = toscalar(source | count)`, "transform_not_by_row"},
		{"DeviceEvents", `source | where TimeGenerated > ago(1h)`, "transform_not_by_row"},
		{"DeviceEvents", `source | extend r = rand()`, "transform_not_by_row"},
		{"DeviceEvents", `print 1`, "transform_not_by_row"},
		{"DeviceEvents", `source; source`, "transform_not_by_row"},
		{"DeviceEvents", `DeviceEvents | take 1`, "transform_invalid"},
		{"DeviceEvents", `source | where Nothing == 1`, "transform_invalid"},
		{"DeviceEvents", `source |`, "transform_invalid"},
		{"DeviceEvents", `source | project DeviceId`, "transform_time"},
		{"DeviceEvents", `source | project-away TimeGenerated`, "transform_time"},
		{"DeviceEvents", `source | extend DeviceId = 5`, "transform_type"},
		{"DeviceEvents", `source | extend TimeGenerated = "now"`, "transform_type"},
		{"DeviceEvents", `source | extend Timestamp = datetime(2020-01-01)`, "transform_column"},
		{"DeviceEvents", `source | extend TenantId = "x"`, "transform_column"},
		{"DeviceEvents", `source | extend _x = "x"`, "transform_column"},
		{"DeviceEvents", `source | extend ['a b'] = "x"`, "transform_column"},
		{"DeviceEvents", `source | where DeviceId == "` + strings.Repeat("x", maxText) + `"`, "transform_too_long"},
		{"SecurityIncident", `source`, "transform_table"},
		{"Nowhere", `source`, "table_not_found"},
	} {
		if err := w.Set(t.Context(), ws, c.table, c.text, "ann"); err == nil || fault.CodeOf(err) != c.want {
			t.Errorf("%.80s: %v, want %s", c.text, err, c.want)
		}
	}
	if len(w.keeper.all) != 0 {
		t.Errorf("kept %v", w.keeper.all)
	}
}

// A property that nobody knew when the text was written passes; one that it collides with does too, and people hear of it.
func TestNewColumns(t *testing.T) {
	w := newWorld(t)
	w.set("DeviceEvents", `source | where ActionType == "A" | extend Fresh = "mine"`)
	rows, _ := w.come("DeviceEvents", `{"Timestamp":"2026-07-18T11:00:00Z","DeviceId":"d1","ActionType":"A","ReportId":1,"Other":7}`)
	if diff := cmp.Diff([][]any{{"mine", int64(7)}}, pick(rows, "Fresh", "Other")); diff != "" {
		t.Error(diff)
	}
	if len(w.board.All()) != 0 {
		t.Errorf("told %+v", w.board.All())
	}
	rows, _ = w.come("DeviceEvents", `{"Timestamp":"2026-07-18T11:00:00Z","DeviceId":"d1","ActionType":"A","ReportId":1,"Fresh":8}`)
	if len(rows) != 1 || rows[0]["DeviceId"] != "d1" {
		t.Errorf("rows %v", rows)
	}
	if all := w.board.All(); len(all) != 1 || all[0].Reason != "transform_failed" || all[0].Status != health.Failure {
		t.Errorf("told %+v", all)
	}
	list, err := w.List(t.Context(), ws)
	if err != nil || len(list) != 1 || list[0].Problem == "" || list[0].ChangedBy != "ann" {
		t.Errorf("%+v, %v", list, err)
	}
}

// After a restart the kept transformations are at work; one that cannot be compiled changes nothing and is told.
func TestRestart(t *testing.T) {
	w := newWorld(t)
	w.set("DeviceEvents", `source | where ActionType == "A"`)
	w.keeper.all["DeviceInfo"] = model.Transform{Table: "DeviceInfo", Query: "source | where Gone == 1"}
	w.start()
	if rows, n := w.come("DeviceEvents", event1, event2); len(rows) != 1 || n.Dropped != 1 {
		t.Errorf("%v %+v", rows, n)
	}
	if rows, _ := w.come("DeviceInfo", `{"Timestamp":"2026-07-18T11:00:00Z","DeviceId":"d1"}`); len(rows) != 1 {
		t.Errorf("rows of a broken transformation: %v", rows)
	}
	if all := w.board.All(); len(all) != 1 || all[0].Component != component("DeviceInfo") {
		t.Errorf("told %+v", all)
	}
}

func TestPreview(t *testing.T) {
	w := newWorld(t)
	p, err := w.Preview(t.Context(), ws, "DeviceEvents", `source | where ActionType == "A"`, 200)
	if err != nil || p.From != "stored" || p.In != 0 {
		t.Errorf("before anything came: %+v, %v", p, err)
	}
	w.set("DeviceEvents", `source | where ActionType == "B"`)
	w.come("DeviceEvents", event1, event2)
	w.come("DeviceEvents", event3)
	p, err = w.Preview(t.Context(), ws, "DeviceEvents", `source | where ActionType == "A" | extend New = 1 | project-away ReportId`, 200)
	if err != nil {
		t.Fatal(err)
	}
	if p.From != "live" || p.In != 3 || p.Out != 2 || p.Dropped != 1 || !cmp.Equal(p.Added, []string{"New"}) || !cmp.Equal(p.Removed, []string{"ReportId"}) || len(p.Rows) != 2 {
		t.Errorf("%+v", p)
	}
	if p, err = w.Preview(t.Context(), ws, "DeviceEvents", "", 1); err != nil || p.In != 1 || p.Dropped != 1 {
		t.Errorf("the one at work, on the newest row: %+v, %v", p, err)
	}
	if _, err := w.Preview(t.Context(), ws, "DeviceInfo", "", 1); fault.CodeOf(err) != "transform_not_found" {
		t.Error(err)
	}
	if _, err := w.Preview(t.Context(), "w2", "DeviceInfo", "", 1); fault.CodeOf(err) != "workspace_not_found" {
		t.Error(err)
	}
}

// What was pulled before is known by what is stored of it, though the transformation changes its key.
func TestRepeats(t *testing.T) {
	w := newWorld(t)
	w.set("DeviceEvents", `source | extend DeviceId = toupper(DeviceId)`)
	d := w.intake.Puller("pull/DeviceEvents")
	f, _ := d.Decode(0, []ingest.Message{{Value: []byte(`{"time":"2026-07-18T12:00:00Z","category":"AdvancedHunting-DeviceEvents","properties":` + event1 + `}`)}}, ingest.All())
	for _, r := range f.Tables {
		var names []string
		for _, c := range r.Cols {
			names = append(names, c.Name)
		}
		w.intake.Repeats.Add(r.Table, ingest.NewKeyer(r.Table, names).Key(r.Batch, 0))
	}
	if rows, n := w.come("DeviceEvents", event1); len(rows) != 0 || n.Repeated != 1 {
		t.Errorf("%v %+v", rows, n)
	}
}

// Decoders of many partitions share a transformation.
func TestConcurrent(t *testing.T) {
	w := newWorld(t)
	w.set("DeviceEvents", `source | where ActionType == "A" | extend Level = 1`)
	var wg sync.WaitGroup
	bad := make(chan error, 8)
	for part := range int32(4) {
		wg.Go(func() {
			d := w.intake.Decoder("hub/h", part)
			for i := range int64(50) {
				f, n := d.Decode(i*3, []ingest.Message{
					{Offset: i * 3, Value: []byte(`{"time":"2026-07-18T12:00:00Z","category":"AdvancedHunting-DeviceEvents","properties":` + event1 + `}`)},
					{Offset: i*3 + 1, Value: []byte(`{"time":"2026-07-18T12:00:00Z","category":"AdvancedHunting-DeviceEvents","properties":` + event2 + `}`)},
				}, ingest.All())
				if len(f.Tables) != 1 || f.Tables[0].Batch.N != 1 || n["DeviceEvents"].Dropped != 1 {
					bad <- errors.New("wrong rows")
					return
				}
			}
		})
	}
	wg.Wait()
	close(bad)
	for err := range bad {
		t.Error(err)
	}
}

// Operators may hand on a large batch in pieces: rows keep their provenance, and nothing is left for the next frame.
func TestLargeBatches(t *testing.T) {
	w := newWorld(t)
	w.set("DeviceEvents", `source | where ActionType == "A" | extend Long = strcat(ActionType, DeviceId, "!", FileName), Twice = strcat(ProcessCommandLine, ProcessCommandLine)`)
	for round := range 3 {
		var props []string
		for i := range 6000 {
			action := "A"
			if i%3 == 0 {
				action = "B"
			}
			props = append(props, fmt.Sprintf(`{"Timestamp":"2026-07-18T11:00:00Z","DeviceId":"d%d","ActionType":%q,"ReportId":%d,"ProcessCommandLine":%q}`, i, action, i, strings.Repeat("x", 2000)))
		}
		rows, n := w.come("DeviceEvents", props...)
		if len(rows) != 4000 || n.Dropped != 2000 {
			t.Fatalf("round %d: %d rows, %+v", round, len(rows), n)
		}
		for _, r := range rows {
			if want := fmt.Sprintf("A%v!", r["DeviceId"]); r["Long"] != want || r["_src"] != fmt.Sprintf("hub/h/0/%d/0", int64(round)*6000+r["ReportId"].(int64)) || len(r["Twice"].(string)) != 4000 {
				t.Fatalf("round %d: %v", round, r)
			}
		}
	}
}
