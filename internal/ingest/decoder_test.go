package ingest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/schema"
	"github.com/vedette-siem/vedette/internal/store"
)

var noon = time.Date(2026, 7, 18, 12, 0, 0, 0, time.UTC)

func record(table, props string) string {
	return `{"time":"2026-07-18T11:59:00Z","category":"AdvancedHunting-` + table + `","properties":` + props + `}`
}

func newDecoder() *Decoder {
	d := NewIntake("ws", schema.Builtin()).Decoder("hub/h", 3)
	d.now = func() time.Time { return noon }
	return d
}

// cells returns the rows of a table as column name to value.
func cells(t *testing.T, f store.Frame, table string) []map[string]any {
	t.Helper()
	var out []map[string]any
	for _, r := range f.Tables {
		if r.Table != table {
			continue
		}
		for i := range r.Batch.N {
			row := map[string]any{}
			for k, c := range r.Cols {
				row[c.Name] = r.Batch.Cols[k].Value(i)
			}
			out = append(out, row)
		}
	}
	return out
}

func TestFrame(t *testing.T) {
	msgs := []Message{
		{Offset: 10, Time: noon.Add(-2 * time.Minute), Value: []byte(`{"records":[` + record("AlertInfo", `{"AlertId":"a"}`) + `,` + record("DeviceInfo", `{"DeviceId":"d"}`) + `]}`)},
		{Offset: 11, Time: noon.Add(-time.Minute), Value: []byte("garbage")},
		{Offset: 12, Time: noon, Value: []byte(`{"records":[` + record("Brand_New", `{"X":1}`) + `,` + record("AlertInfo", `{"AlertId":}`) + `]}`)},
	}
	f, counts := newDecoder().Decode(10, msgs, Selected([]string{"AlertInfo"}))

	want := []store.Range{{Source: "hub/h", Partition: 3, First: 10, Next: 13}}
	if diff := cmp.Diff(want, f.Covers); diff != "" || len(f.Gaps) > 0 || f.Workspace != "ws" {
		t.Errorf("covers (-want +got):\n%s gaps %v workspace %s", diff, f.Gaps, f.Workspace)
	}
	wantCounts := Counts{
		"AlertInfo":  {Rows: 1, Dead: 1, Bytes: 99, Seen: noon, Event: noon.Add(-time.Minute), Late: Lateness{1}},
		"DeviceInfo": {Skipped: 1, Seen: noon.Add(-2 * time.Minute)},
		"Brand_New":  {Rows: 1, Bytes: 91, Seen: noon, Event: noon.Add(-time.Minute), Late: Lateness{1}},
		"":           {Dead: 1, Seen: noon.Add(-time.Minute)},
	}
	if diff := cmp.Diff(wantCounts, counts); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	if got := cells(t, f, "AlertInfo"); len(got) != 1 || got[0]["AlertId"] != "a" || got[0]["_src"] != "hub/h/3/10/0" {
		t.Errorf("AlertInfo is %v", got)
	}
	if got := cells(t, f, "DeviceInfo"); len(got) != 0 {
		t.Errorf("DeviceInfo is %v, though it is not ticked", got)
	}
	sum := sha256.Sum256([]byte("garbage"))
	wantDead := map[string]any{
		"TenantId": "ws", "TimeGenerated": column.FromTime(noon), "Source": "hub/h", "Partition": "3", "Position": int64(11), "Ordinal": int64(0),
		"TableName": "", "Reason": "notJSON", "Detail": "the message is not JSON", "Size": int64(7), "Content": "garbage", "Sha256": hex.EncodeToString(sum[:]),
		"SourceSystem": "Vedette", "Type": "DeadLetter_CL", "_IsBillable": "False", "_src": "hub/h/3/11/0",
	}
	dead := cells(t, f, DeadLetterTable)
	if len(dead) != 2 {
		t.Fatalf("%d dead letters, want 2", len(dead))
	}
	if diff := cmp.Diff(wantDead, dead[0]); diff != "" {
		t.Errorf("dead letter (-want +got):\n%s", diff)
	}
	if d := dead[1]; d["TableName"] != "AlertInfo" || d["Ordinal"] != int64(1) || d["_src"] != "hub/h/3/12/1" {
		t.Errorf("second dead letter is %v", d)
	}
}

// The dead letter table's file names the columns; what is written must be among them.
func TestDeadLettersFitTheirTable(t *testing.T) {
	table, _ := schema.Builtin().Table(DeadLetterTable)
	for _, c := range deadLetterColumns {
		if have, ok := table.Column(c.Name); c.Name != store.SrcColumn && (!ok || have.Type != c.Type) {
			t.Errorf("column %s of type %s is not in the table's file", c.Name, c.Type)
		}
	}
}

func TestDeadLetterKeepsTheBeginning(t *testing.T) {
	big := strings.Repeat("é", 40_000)
	f, _ := newDecoder().Decode(0, []Message{{Offset: 0, Value: []byte(big)}}, Selection{})
	d := cells(t, f, DeadLetterTable)[0]
	if c := d["Content"].(string); len(c) != keptContent || d["Size"] != int64(80_000) {
		t.Errorf("kept %d bytes of %v, want %d of 80000", len(c), d["Size"], keptContent)
	}
}

func TestTooLargeMessage(t *testing.T) {
	value := make([]byte, MaxMessage+1)
	f, counts := newDecoder().Decode(0, []Message{{Offset: 0, Value: value}}, Selection{})
	if d := cells(t, f, DeadLetterTable); len(d) != 1 || d[0]["Reason"] != "tooLarge" || counts[""].Dead != 1 {
		t.Errorf("dead letters %d, counts %v", len(d), counts)
	}
}

func TestGapsAreRecorded(t *testing.T) {
	msg := func(at int64) Message {
		return Message{Offset: at, Value: []byte(record("AlertInfo", `{}`))}
	}
	f, _ := newDecoder().Decode(5, []Message{msg(7), msg(8), msg(12)}, Selected([]string{"AlertInfo"}))
	wantGaps := []store.Gap{
		{Source: "hub/h", Partition: 3, From: 5, To: 7, Reason: "missing"},
		{Source: "hub/h", Partition: 3, From: 9, To: 12, Reason: "missing"},
	}
	if diff := cmp.Diff(wantGaps, f.Gaps); diff != "" {
		t.Errorf("gaps (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]store.Range{{Source: "hub/h", Partition: 3, First: 7, Next: 13}}, f.Covers); diff != "" {
		t.Errorf("covers (-want +got):\n%s", diff)
	}
	health := cells(t, f, "SentinelHealth")
	if len(health) != 2 || health[0]["OperationName"] != "GapRecord" || !strings.Contains(health[1]["Description"].(string), "Positions 9 to 11") {
		t.Errorf("health rows are %v", health)
	}
}

func TestLateness(t *testing.T) {
	var l Lateness
	for _, late := range []time.Duration{-time.Hour, 0, time.Minute, time.Minute + 1, 71 * time.Hour, 100 * time.Hour} {
		l.add(late)
	}
	if want := (Lateness{3, 1, 0, 0, 0, 0, 1, 1}); l != want {
		t.Errorf("%v, want %v", l, want)
	}
}

func TestReadingAgainTakesOnlyItsTables(t *testing.T) {
	value := `{"records":[` + record("AlertInfo", `{"AlertId":"a"}`) + `,` + record("DeviceInfo", `{"ReportId":}`) + `,7,` + record("New", `{"X":1}`) + `]} garbage`
	f, counts := newDecoder().Decode(0, []Message{{Offset: 4, Value: []byte(value)}}, Only("AlertInfo", "DeviceInfo"))
	if diff := cmp.Diff(Counts{"AlertInfo": {Rows: 1, Bytes: 99, Event: noon.Add(-time.Minute), Late: Lateness{1}}, "DeviceInfo": {Dead: 1}}, counts); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	if len(f.Gaps) > 0 || len(cells(t, f, "New")) > 0 || len(cells(t, f, DeadLetterTable)) != 1 {
		t.Errorf("frame is %+v", f)
	}
}

func TestSelection(t *testing.T) {
	tests := []struct {
		name  string
		s     Selection
		table string
		want  bool
	}{
		{"ticked", Selected([]string{"AlertInfo"}), "AlertInfo", true},
		{"not ticked", Selected([]string{"AlertInfo"}), "DeviceInfo", false},
		{"unknown to the product", Selected(nil), "BehaviorInfo", true},
		{"one of several", Only("AlertInfo", "DeviceInfo"), "DeviceInfo", true},
		{"others", Only("AlertInfo"), "BehaviorInfo", false},
		{"none", Selection{}, "BehaviorInfo", false},
	}
	for _, tt := range tests {
		if got := tt.s.Wants(tt.table); got != tt.want {
			t.Errorf("%s: Wants(%s) is %v", tt.name, tt.table, got)
		}
	}
}

// Every record of a run of messages ends as one row, one skip or one dead letter, wherever the run is cut.
func TestEveryRecordIsAccountedFor(t *testing.T) {
	kinds := []string{
		record("AlertInfo", `{"AlertId":"a","New":5}`), record("AlertInfo", `{"AlertId":7,"New":"x"}`), record("DeviceInfo", `{}`), record("NewThing", `{"A":[1]}`),
		record("SecurityIncident", `{}`), `{"category":"Other","properties":{}}`, `{}`, `5`, record("AlertInfo", `{"AlertId":nope}`),
	}
	rapid.Check(t, func(t *rapid.T) {
		d := newDecoder()
		var msgs []Message
		records := int64(0)
		for i := range rapid.IntRange(1, 6).Draw(t, "messages") {
			part := rapid.SliceOfN(rapid.SampledFrom(kinds), 0, 5).Draw(t, "records")
			records += int64(len(part))
			msgs = append(msgs, Message{Offset: int64(i), Value: []byte(`{"records":[` + strings.Join(part, ",") + `]}`)})
		}
		cut := rapid.IntRange(0, len(msgs)).Draw(t, "cut")
		total := Counts{}
		rows := int64(0)
		seen := map[string]bool{}
		for _, run := range [][]Message{msgs[:cut], msgs[cut:]} {
			if len(run) == 0 {
				continue
			}
			f, counts := d.Decode(run[0].Offset, run, Selected([]string{"AlertInfo"}))
			total.Add(counts)
			for _, tab := range f.Tables {
				rows += int64(tab.Batch.N)
				for _, s := range tab.Batch.Cols[len(tab.Cols)-1].Strings {
					if seen[s] {
						t.Fatalf("provenance %s is given twice", s)
					}
					seen[s] = true
				}
			}
		}
		var all, stored int64
		for _, c := range total {
			all += c.Rows + c.Skipped + c.Dead
			stored += c.Rows + c.Dead
		}
		if all != records || stored != rows {
			t.Fatalf("%d records: %d accounted for, %d rows stored of %d", records, all, rows, stored)
		}
	})
}

func TestBudget(t *testing.T) {
	b := NewBudget(100)
	big, err := b.Acquire(t.Context(), 1000)
	if err != nil || big != 100 {
		t.Fatalf("a message beyond the budget holds %d, %v", big, err)
	}
	got := make(chan int64)
	go func() {
		n, err := b.Acquire(t.Context(), 40)
		if err != nil {
			n = -1
		}
		got <- n
	}()
	select {
	case n := <-got:
		t.Fatalf("%d bytes were given out beyond the budget", n)
	case <-time.After(20 * time.Millisecond):
	}
	b.Release(big)
	if n := <-got; n != 40 {
		t.Errorf("got %d", n)
	}
}

func TestManyDeadLettersOfOneMessage(t *testing.T) {
	var parts []string
	for range 500 {
		parts = append(parts, "5")
	}
	f, counts := newDecoder().Decode(0, []Message{{Offset: 0, Value: []byte("[" + strings.Join(parts, ",") + "]")}}, Selection{})
	if n := len(cells(t, f, DeadLetterTable)); n != 500 || counts[""].Dead != 500 {
		t.Errorf("%d dead letters, %s", n, fmt.Sprint(counts))
	}
}

func TestRangesOfBytes(t *testing.T) {
	msgs := []Message{{Offset: 102, Value: []byte(record("AlertInfo", `{"AlertId":"a"}`))}, {Offset: 300, Value: []byte(record("AlertInfo", `{"AlertId":"b"}`))}}
	f, counts := newDecoder().DecodeRange(100, 450, msgs, Selected([]string{"AlertInfo"}))
	if diff := cmp.Diff([]store.Range{{Source: "hub/h", Partition: 3, First: 100, Next: 450}}, f.Covers); diff != "" || len(f.Gaps) > 0 || len(cells(t, f, "SentinelHealth")) > 0 {
		t.Errorf("covers (-want +got):\n%s gaps %v", diff, f.Gaps)
	}
	if got := cells(t, f, "AlertInfo"); len(got) != 2 || got[1]["_src"] != "hub/h/3/300/0" || counts["AlertInfo"].Rows != 2 {
		t.Errorf("rows %v, counts %v", got, counts)
	}
	if f, _ := newDecoder().DecodeRange(100, 102, nil, Selection{}); len(f.Covers) != 1 || f.Covers[0].Next != 102 {
		t.Errorf("a range without messages covers %v", f.Covers)
	}
}
