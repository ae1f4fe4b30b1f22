package watchlist

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/meta"
	"github.com/vedette-siem/vedette/internal/model"
)

func open(t *testing.T) (*Service, *meta.DB) {
	t.Helper()
	db, err := meta.Open(t.Context(), filepath.Join(t.TempDir(), "state.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() }) //nolint:errcheck // the test is over
	now := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	return New(Config{Store: db, Encode: func(r model.Row) (string, error) {
		b, err := json.Marshal(r)
		return string(b), err
	}, Now: func() time.Time { now = now.Add(time.Second); return now }}), db
}

// table prints the rows of a list, without ids and times.
func table(t *testing.T, s *Service, alias string) string {
	t.Helper()
	cols, b, ok, err := s.Rows(t.Context(), "w", alias)
	if err != nil || !ok {
		t.Fatalf("rows of %s: %v %v", alias, ok, err)
	}
	var names, rows []string
	for _, c := range cols {
		names = append(names, c.Name)
	}
	for r := range b.N {
		var cells []string
		for _, v := range b.Cols[2:] {
			cells = append(cells, v.Strings[r])
		}
		rows = append(rows, strings.Join(cells, "|"))
	}
	return strings.Join(names, ",") + ": " + strings.Join(rows, "; ")
}

// waiting are the rows that the changes put into the row outbox: kind, status and search key.
func waiting(t *testing.T, db *meta.DB) []string {
	t.Helper()
	rows, err := db.Incidents().Events(t.Context(), "w", 1000)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, r := range rows {
		var row model.Row
		if err := json.Unmarshal([]byte(r.Body), &row); err != nil {
			t.Fatal(err)
		}
		v := row.Values
		out = append(out, fmt.Sprintf("%v %v %v", v["_DTItemType"], v["_DTItemStatus"], v["SearchKey"]))
	}
	return out
}

func TestAListFromBeginningToEnd(t *testing.T) {
	s, db := open(t)
	ctx := t.Context()
	w, made, problems, err := s.Put(ctx, "w", Spec{Alias: "Assets", SearchKey: "Host", Content: "\ufeffHost,Owner\nsrv-1,Ana\nsrv-2\n,Nobody\n\"srv-3\",\"Ben, too\"\n", Source: "assets.csv"}, "ana")
	if err != nil || !made || w.Items != 2 {
		t.Fatalf("put: %+v %v %v", w, made, err)
	}
	if d := cmp.Diff([]Problem{{3, "it has 1 fields; the headings are 2"}, {4, `the search key "Host" is empty`}}, problems); d != "" {
		t.Errorf("problems (-want +got)\n%s", d)
	}
	if got := table(t, s, "ASSETS"); got != "_DTItemId,LastUpdatedTimeUTC,SearchKey,Host,Owner: srv-1|srv-1|Ana; srv-3|srv-3|Ben, too" {
		t.Error(got)
	}

	// A file again: what is the same stays, what has another value is updated in place, what is new comes behind.
	first, err := s.Items(ctx, "w", "assets", 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, made, _, err = s.Put(ctx, "w", Spec{Alias: "assets", Content: "Host,Owner\nsrv-3,Cleo\nsrv-4,Dan\n", Replace: true}, "ben"); err != nil || made {
		t.Fatal(made, err)
	}
	items, err := s.Items(ctx, "w", "assets", 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	if len(items) != 2 || items[0].ID != first[1].ID || items[0].CreatedBy != "ana" || items[0].UpdatedBy != "ben" || items[1].Values["Host"] != "srv-4" {
		t.Errorf("after the second file: %+v", items)
	}

	it, made, err := s.PutItem(ctx, "w", "assets", "", map[string]string{"Host": "srv-5", "Site": "Bern"}, "ana")
	if err != nil || !made {
		t.Fatal(made, err)
	}
	if _, made, err = s.PutItem(ctx, "w", "assets", it.ID, map[string]string{"Host": "srv-5", "Site": "Basel"}, "ana"); err != nil || made {
		t.Fatal(made, err)
	}
	if had, err := s.DeleteItem(ctx, "w", "assets", items[1].ID, "ana"); err != nil || !had {
		t.Fatal(had, err)
	}
	if got := table(t, s, "assets"); got != "_DTItemId,LastUpdatedTimeUTC,SearchKey,Host,Owner,Site: srv-3|srv-3|Cleo|; srv-5|srv-5||Basel" {
		t.Error(got)
	}
	if had, err := s.Delete(ctx, "w", "Assets", "ana"); err != nil || !had {
		t.Fatal(had, err)
	}
	if _, _, ok, err := s.Rows(ctx, "w", "assets"); ok || err != nil {
		t.Error("the list is still there", err)
	}
	want := []string{
		"watchlist Create ", "watchlist-item Create srv-1", "watchlist-item Create srv-3",
		"watchlist Update ", "watchlist-item Update srv-3", "watchlist-item Create srv-4", "watchlist-item Delete srv-1",
		"watchlist-item Create srv-5", "watchlist-item Update srv-5", "watchlist-item Delete srv-4",
		"watchlist Delete ", "watchlist-item Delete srv-3", "watchlist-item Delete srv-5",
	}
	if d := cmp.Diff(want, waiting(t, db)); d != "" {
		t.Errorf("rows of the table (-want +got)\n%s", d)
	}
}

func TestWhatIsNoList(t *testing.T) {
	s, db := open(t)
	if _, _, _, err := s.Put(t.Context(), "w", Spec{Alias: "L", SearchKey: "a", Content: "a\n1\n"}, "ana"); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		spec Spec
		code string
	}{
		{"an alias with a blank", Spec{Alias: "a b", SearchKey: "a", Content: "a\n1"}, "watchlist_alias"},
		{"no file", Spec{Alias: "n", SearchKey: "a"}, "watchlist_empty"},
		{"no key", Spec{Alias: "n", Content: "a\n1"}, "watchlist_headings"},
		{"another key", Spec{Alias: "n", SearchKey: "b", Content: "a\n1"}, "watchlist_headings"},
		{"a heading twice", Spec{Alias: "n", SearchKey: "a", Content: "a,a\n1,2"}, "watchlist_headings"},
		{"a heading of ours", Spec{Alias: "n", SearchKey: "a", Content: "a,SearchKey\n1,2"}, "watchlist_headings"},
		{"an empty heading", Spec{Alias: "n", SearchKey: "a", Content: "a,\n1,2"}, "watchlist_headings"},
		{"too large", Spec{Alias: "n", SearchKey: "a", Content: "a\n" + strings.Repeat("x", MaxFile)}, "watchlist_too_large"},
		{"more lines than there are", Spec{Alias: "n", SearchKey: "a", Content: "a", SkipLines: 3}, "watchlist_headings"},
		{"the key of a list changed", Spec{Alias: "l", SearchKey: "b", Content: "a,b\n1,2"}, "watchlist_key"},
	} {
		if _, _, _, err := s.Put(t.Context(), "w", tt.spec, "ana"); fault.CodeOf(err) != tt.code {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	if _, _, err := s.PutItem(t.Context(), "w", "l", "x", map[string]string{"a": "1"}, "ana"); fault.CodeOf(err) != "watchlist_item_id" {
		t.Error(err)
	}
	if _, _, err := s.PutItem(t.Context(), "w", "l", "", map[string]string{"b": "1"}, "ana"); fault.CodeOf(err) != "watchlist_item" {
		t.Error(err)
	}
	if _, _, err := s.PutItem(t.Context(), "w", "none", "", map[string]string{"a": "1"}, "ana"); fault.KindOf(err) != fault.NotFound {
		t.Error(err)
	}
	if n := len(waiting(t, db)); n != 2 {
		t.Errorf("what failed left %d rows, 2 are of the one list", n)
	}
}

// A line that cannot be read is told by its number, and the others are items.
func TestBadLines(t *testing.T) {
	_, lines, problems, err := parse("skip me\nHost,Note\na,\"x\ny\"\nb,\"un\"quoted\nc,ok\nd,\xff\n", 1, "Host")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, l := range lines {
		got = append(got, fmt.Sprintf("%d:%s", l.number, l.values["Host"]))
	}
	if strings.Join(got, " ") != "3:a 6:c" {
		t.Errorf("items: %v", got)
	}
	if len(problems) != 2 || problems[0].Line != 5 || problems[1].Line != 7 {
		t.Errorf("problems: %+v", problems)
	}
}
