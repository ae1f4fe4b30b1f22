package api

import (
	"encoding/json"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vedette-siem/vedette/internal/auth"
	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/meta"
	"github.com/vedette-siem/vedette/internal/query"
	"github.com/vedette-siem/vedette/internal/schema"
	"github.com/vedette-siem/vedette/internal/store"
	"github.com/vedette-siem/vedette/internal/tables"
)

// TestPurge counts, confirms and removes rows by a predicate of the language.
func TestPurge(t *testing.T) {
	s := testServer(t)
	dir := t.TempDir()
	db, err := meta.Open(t.Context(), filepath.Join(dir, "state.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if s.Store, err = store.Open(t.Context(), store.Options{Dir: dir, Manifest: db}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Store.Close() })
	s.Tables, s.Query = tables.New(db, s.Store, time.Now), query.New(query.Config{Store: s.Store})
	r := store.Rows{Table: "T_CL", Cols: []schema.Column{{Name: "Who", Type: schema.String}, {Name: "_src", Type: schema.String}}, Batch: &column.Batch{N: 3}}
	for _, values := range [][]string{{"ada@contoso.com", "Ada@contoso.com", "bob@contoso.com"}, {"a/0/0/0", "a/0/1/0", "a/0/2/0"}} {
		v := column.New(schema.String, 3)
		for _, x := range values {
			v.AppendString(x)
		}
		r.Batch.Cols = append(r.Batch.Cols, v)
	}
	if _, err := s.Store.Append(t.Context(), store.Frame{Workspace: "w", Tables: []store.Rows{r}}); err != nil {
		t.Fatal(err)
	}
	call := func(body string, status int) (out purgeJSON, text string) {
		t.Helper()
		w := request(t, s, "POST", "/api/w/soc/tables/T_CL/purge", body, func(r *http.Request) { *r = *withActor(r, auth.Operator) })
		text = w.Body.String()
		if w.Code != status {
			t.Fatalf("%s: %d %s", body, w.Code, text)
		}
		if status == 200 {
			if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
				t.Fatal(err)
			}
		}
		return out, text
	}
	for body, want := range map[string]string{
		`{"where":" "}`:                               "where_empty",
		`{"where":"Nope == 1"}`:                       "Nope",
		`{"where":"Who == "}`:                         "query_invalid",
		`{"where":"true) | take 1 | where (true"}`:    "predicate_not_pure",
		`{"where":"true); T_CL | where (true"}`:       "several statements",
		`{"where":"Who has 'ada'","confirm":"guess"}`: "confirm_invalid",
	} {
		if _, text := call(body, 400); !strings.Contains(text, want) {
			t.Errorf("%s: %s, want %s", body, text, want)
		}
	}
	const where = `"where":"Who =~ 'ADA@contoso.com' // of a person"`
	count, _ := call(`{`+where+`}`, 200)
	if count.Rows != 2 || count.Purged || count.Confirm == "" || count.Expires == "" || count.Files != 1 {
		t.Fatalf("%+v", count)
	}
	done, _ := call(`{`+where+`,"confirm":"`+count.Confirm+`"}`, 200)
	if done.Rows != 2 || !done.Purged {
		t.Fatalf("%+v", done)
	}
	call(`{`+where+`,"confirm":"`+count.Confirm+`"}`, 409)
	if left, _ := call(`{"where":"true"}`, 200); left.Rows != 1 {
		t.Errorf("%+v are left", left)
	}
}
