package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/schema"
	"github.com/vedette-siem/vedette/internal/store"
)

// one makes a row of the given columns: name, type, value, name, type, value ...
func one(table string, parts ...any) store.Rows {
	r := store.Rows{Table: table, Batch: &column.Batch{N: 1}}
	for i := 0; i < len(parts); i += 3 {
		c := schema.Column{Name: parts[i].(string), Type: parts[i+1].(schema.Type)}
		v := column.New(c.Type, 1)
		v.Append(parts[i+2])
		r.Cols, r.Batch.Cols = append(r.Cols, c), append(r.Batch.Cols, v)
	}
	return r
}

func columnsOf(t *testing.T, s *testStore, table string) map[string]string {
	t.Helper()
	tab, ok := s.Catalog("soc").Table(table)
	if !ok {
		t.Fatalf("no table %s", table)
	}
	out := map[string]string{}
	for _, c := range tab.Columns {
		out[c.Name] = c.Type.String()
	}
	return out
}

func TestUnknownTablesAndColumnsAreMade(t *testing.T) {
	s := open(t, store.Options{})
	if _, ok := s.Catalog("soc").Table("New_CL"); ok {
		t.Fatal("New_CL is there before its rows")
	}
	cat := s.Catalog("soc") // live
	appendFrame(t, s, frame(one("New_CL", "_src", schema.String, "a", "A", schema.String, "x", "timestamp", schema.String, "mine")))
	appendFrame(t, s, frame(one("New_CL", "_src", schema.String, "b", "B", schema.Long, int64(7))))
	for _, form := range []string{"tail", "journal", "part"} {
		want := map[string]string{"TimeGenerated": "datetime", "A": "string", "B": "long", "timestamp": "string", "Timestamp": "datetime", "_ItemId": "string", "_IngestedAt": "datetime"}
		if d := cmp.Diff(want, columnsOf(t, s, "New_CL")); d != "" {
			t.Errorf("%s: (-want +got)\n%s", form, d)
		}
		same(t, []string{"x|<nil>|mine", "|7|"}, rowsOf(t, s, "New_CL", "A", "B", "timestamp"))
		switch form {
		case "tail":
			s = s.reopen(t)
		case "journal":
			if err := s.SealAll(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	if tab, ok := cat.Table("New_CL"); !ok || len(tab.Columns) != 7 {
		t.Errorf("the catalogue taken before does not follow: %v", tab)
	}
	if _, ok := s.Catalog("other").Table("New_CL"); ok {
		t.Error("another workspace has New_CL")
	}
}

func TestKnownColumnOfAnotherType(t *testing.T) {
	s := open(t, store.Options{})
	put := func(v any, typ schema.Type) {
		t.Helper()
		appendFrame(t, s, frame(one("DeviceInfo", "_src", schema.String, fmt.Sprint(v), "DeviceName", typ, v, "TimeGenerated", schema.Datetime, column.FromTime(start))))
	}
	put("pc1", schema.String)
	put(int64(5), schema.Long)
	put(2.5, schema.Real)
	put(int64(6), schema.Long)
	same(t, []string{"pc1|<nil>|<nil>", "|5|<nil>", "|6|<nil>", "|<nil>|2.5"}, rowsOf(t, s, "DeviceInfo", "DeviceName", "DeviceName_long", "DeviceName_real"))

	// An int fits a long column; the other way round it does not.
	appendFrame(t, s, frame(one("T_CL", "_src", schema.String, "1", "N", schema.Long, int64(1)), one("U_CL", "_src", schema.String, "1", "N", schema.Int, int64(1))))
	appendFrame(t, s, frame(one("T_CL", "_src", schema.String, "2", "N", schema.Int, int64(2)), one("U_CL", "_src", schema.String, "2", "N", schema.Long, int64(2))))
	same(t, []string{"1", "2"}, rowsOf(t, s, "T_CL", "N"))
	same(t, []string{"1|<nil>", "<nil>|2"}, rowsOf(t, s, "U_CL", "N", "N_long"))
}

func TestTimeAndDerivedColumns(t *testing.T) {
	now := start.Add(time.Hour)
	s := open(t, store.Options{Now: func() time.Time { return now }})
	ticks := column.FromTime(start)
	row := func(parts ...any) store.Frame {
		return frame(one("DeviceInfo", append([]any{"_src", schema.String, "hub/x/0/1/0"}, parts...)...))
	}
	appendFrame(t, s, row("TimeGenerated", schema.Datetime, ticks))
	appendFrame(t, s, row("Timestamp", schema.Datetime, ticks))
	appendFrame(t, s, row("Timestamp", schema.Datetime, ticks+5, "TimeGenerated", schema.Datetime, ticks))
	appendFrame(t, s, row("TimeGenerated", schema.Datetime, nil))
	appendFrame(t, s, row("_ItemId", schema.String, "claimed", "_IngestedAt", schema.Datetime, ticks))
	late := fmt.Sprint(column.FromTime(now))
	at := fmt.Sprint(ticks)
	item := "|" + store.ItemID("hub/x/0/1/0")
	same(t, []string{at + "|" + at + "|" + late + item, at + "|" + at + "|" + late + item, at + "|" + at + "|" + late + item, late + "|" + late + "|" + late + item, late + "|" + late + "|" + late + item},
		rowsOf(t, s, "DeviceInfo", "TimeGenerated", "Timestamp", "_IngestedAt", "_ItemId"))
	if got, want := store.ItemID("a"), "0cc175b9-c0f1-b6a8-31c3-99e269772661"; got != want {
		t.Errorf("ItemID is %s, want %s", got, want)
	}
}

func TestColumnsBeyondTheLimitGoToAdditionalFields(t *testing.T) {
	s := open(t, store.Options{})
	wide := []any{"_src", schema.String, "1"}
	for i := range 495 {
		wide = append(wide, fmt.Sprintf("C%03d", i), schema.Long, int64(i))
	}
	appendFrame(t, s, frame(one("Wide_CL", wide...)))
	appendFrame(t, s, frame(one("Wide_CL", "_src", schema.String, "2", "X1", schema.String, "1", "X2", schema.String, "2", "X3", schema.String, "3", "X4", schema.String, "4", "X5", schema.String, "5",
		"X6", schema.Long, nil, "AdditionalFields", schema.Dynamic, column.Raw(`{"own":1.0}`))))
	if n := len(columnsOf(t, s, "Wide_CL")); n > 504 {
		t.Errorf("%d columns", n)
	}
	appendFrame(t, s, frame(one("Wide_CL", "_src", schema.String, "3", "C001", schema.Long, int64(9), "Y", schema.Datetime, column.FromTime(start))))
	got := rowsOf(t, s, "Wide_CL", "_src", "C001", "AdditionalFields")
	same(t, []string{"1|1|<nil>", `2|<nil>|{"own":1.0,"X5":"5"}`, `3|9|{"Y":"2026-03-14T09:00:00.0000000Z"}`}, got)
}

func TestMalformedFramesAreRefused(t *testing.T) {
	s := open(t, store.Options{})
	good := one("T_CL", "_src", schema.String, "1", "N", schema.Long, int64(1))
	wrongType := one("T_CL", "_src", schema.String, "1", "N", schema.Long, int64(1))
	wrongType.Cols[1].Type = schema.String
	short := one("T_CL", "_src", schema.String, "1", "N", schema.Long, int64(1))
	short.Batch.N = 2
	for name, c := range map[string]struct {
		f    store.Frame
		code string
	}{
		"no source":     {frame(one("T_CL", "N", schema.Long, int64(1))), "rows_without_source"},
		"table name":    {frame(one("../x", "_src", schema.String, "1")), "table_name"},
		"sql in name":   {frame(one(`x" union select`, "_src", schema.String, "1")), "table_name"},
		"workspace":     {store.Frame{Workspace: "..", Tables: []store.Rows{good}}, "workspace_name"},
		"wrong type":    {frame(wrongType), "batch_shape"},
		"wrong length":  {frame(short), "batch_shape"},
		"empty range":   {covered(frame(good), 5, 5), "range"},
		"column twice":  {frame(one("T_CL", "_src", schema.String, "1", "N", schema.Long, int64(1), "N", schema.Long, int64(1))), "column_twice"},
		"nameless":      {frame(one("T_CL", "_src", schema.String, "1", "", schema.Long, int64(1))), "batch_shape"},
		"gap backwards": {store.Frame{Workspace: "soc", Gaps: []store.Gap{{Source: "x", From: 2, To: 1}}}, "gap"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := s.Append(t.Context(), c.f)
			if fault.KindOf(err) != fault.Invalid || fault.CodeOf(err) != c.code {
				t.Errorf("got %v (%s), want code %s", err, fault.CodeOf(err), c.code)
			}
		})
	}
	if st := s.Stats(); st.AppendedRows != 0 {
		t.Errorf("%d rows were stored", st.AppendedRows)
	}
}

func TestInvalidTextIsMadeValid(t *testing.T) {
	s := open(t, store.Options{})
	appendFrame(t, s, frame(one("T_CL", "_src", schema.String, "1", "A", schema.String, "a\xffb", "D", schema.Dynamic, column.Raw("\"\xc3\""))))
	same(t, []string{"a\uFFFDb|\"\uFFFD\""}, rowsOf(t, s, "T_CL", "A", "D"))
}
