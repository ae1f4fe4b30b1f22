package meta

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vedette-siem/vedette/internal/model"
)

func TestIncidentsAfter(t *testing.T) {
	db, err := Open(t.Context(), filepath.Join(t.TempDir(), "state.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	severities := []string{"Low", "Medium", "High"}
	err = db.ChangeIncidents(t.Context(), func(ctx context.Context, tx IncidentTx) error {
		for n := range int64(30) {
			in := model.Incident{
				Number: n + 1, Title: fmt.Sprintf("Phish %d", n%7), Description: "it's 100%_", Classification: []string{"", "TruePositive"}[n%2], Labels: []string{"VIP", fmt.Sprint("t", n%4)},
				SystemLabels: []string{"auto"}, Products: []string{"MDE"}, Owner: model.Owner{UserPrincipalName: []string{"", "Ana@contoso.com"}[n%2]},
				LastActivity: at.Add(time.Duration(n) * 100 * time.Millisecond), CommentCount: int(n % 3),
			}
			if n%5 == 0 {
				in.Labels = nil
			}
			if n == 3 {
				in.SystemLabels, in.Labels = nil, nil
			}
			b, err := json.Marshal(in)
			if err != nil {
				return err
			}
			if err := tx.PutIncident(ctx, &IncidentRow{
				Workspace: "w", Number: n + 1, Name: fmt.Sprint("name-", n+1), Title: in.Title, Status: "New", Severity: severities[n%3], SeverityRank: int(n%3) + 1, Created: 1000 + n/3, Doc: string(b),
			}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	is := func(op model.ConditionOp, field string, v any) model.Condition {
		return model.Condition{Op: op, Field: field, Value: v}
	}
	for _, tc := range []struct {
		name string
		c    model.Condition
		want []int64 // in the order of numbers; more than five are counted
		n    int
	}{
		{"a number", is(model.Equal, "number", int64(7)), []int64{7}, 1},
		{"a range", model.Condition{Op: model.And, Args: []model.Condition{is(model.AtLeast, "number", int64(28)), is(model.Less, "number", int64(30))}}, []int64{28, 29}, 2},
		{"either", model.Condition{Op: model.Or, Args: []model.Condition{is(model.Equal, "number", int64(1)), is(model.Equal, "name", "name-2")}}, []int64{1, 2}, 2},
		{"not", model.Condition{Op: model.Not, Args: []model.Condition{is(model.Greater, "number", int64(2))}}, []int64{1, 2}, 2},
		{"not set", is(model.Equal, "classification", nil), nil, 15},
		{"set", is(model.Unequal, "classification", nil), nil, 15},
		{"case counts", is(model.Equal, "owner.userPrincipalName", "ana@contoso.com"), nil, 0},
		{"but not always", model.Condition{Op: model.Equal, Field: "owner.userPrincipalName", Fold: true, Value: "ANA@contoso.com"}, nil, 15},
		{"nothing is a pattern", is(model.Contains, "description", "%_"), nil, 30},
		{"a quote", is(model.Starts, "description", "it's"), nil, 30},
		{"the start only", is(model.Starts, "description", "t's"), nil, 0},
		{"the end", is(model.Ends, "title", "6"), []int64{7, 14, 21, 28}, 4},
		{"longer than the text", is(model.Ends, "title", "a longer text than that"), nil, 0},
		{"a label", is(model.Equal, "label", "VIP"), nil, 23},
		{"of the tenant", is(model.Equal, "label", "auto"), nil, 29},
		{"without a label", is(model.Unequal, "label", "VIP"), nil, 7},
		{"no label at all", is(model.Equal, "label", nil), []int64{4}, 1},
		{"any label", is(model.Unequal, "label", nil), nil, 29},
		{"a part of a label", is(model.Starts, "label", "t3"), nil, 5},
		{"a product", is(model.Equal, "product", "MDE"), nil, 30},
		{"no rule", is(model.Equal, "rule", nil), nil, 30},
		{"times with and without digits", is(model.AtLeast, "lastActivity", "2026-03-01T12:00:02.8000000"), []int64{29, 30}, 2},
		{"a whole second", is(model.Equal, "lastActivity", "2026-03-01T12:00:01.0000000"), []int64{11}, 1},
		{"a count", is(model.Equal, "comments", int64(2)), nil, 10},
	} {
		rows, next, err := db.Incidents().IncidentsAfter(t.Context(), "w", IncidentQuery{Where: &tc.c, Sort: "number", Limit: 100}, nil)
		if err != nil || next != nil {
			t.Errorf("%s: %v, %v", tc.name, next, err)
			continue
		}
		var got []int64
		for _, r := range rows {
			got = append(got, r.Number)
		}
		if tc.want != nil && !slices.Equal(got, tc.want) || len(got) != tc.n {
			t.Errorf("%s: got %v, want %v (%d)", tc.name, got, tc.want, tc.n)
		}
	}
	for _, c := range []model.Condition{is(model.Equal, "colour", "red"), {Op: model.And}, is("near", "title", "x"), is(model.Less, "title", nil), is(model.Contains, "number", int64(1))} {
		if _, _, err := db.Incidents().IncidentsAfter(t.Context(), "w", IncidentQuery{Where: &c, Limit: 1}, nil); err == nil {
			t.Errorf("%+v was taken", c)
		}
	}

	// By pages of every size, each order gives every incident once, ties included.
	for _, by := range []string{"", "created", "-created", "severity", "-severity", "-number", "title", "-title", "lastActivity", "-lastActivity"} {
		for _, limit := range []int{1, 4, 29, 30, 31} {
			var seen []int64
			var after *model.Cursor
			for range 100 {
				rows, next, err := db.Incidents().IncidentsAfter(t.Context(), "w", IncidentQuery{Sort: by, Limit: limit}, after)
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range rows {
					seen = append(seen, r.Number)
				}
				if after = next; next == nil {
					break
				}
			}
			slices.Sort(seen)
			want := make([]int64, 30)
			for i := range want {
				want[i] = int64(i) + 1
			}
			if diff := cmp.Diff(want, seen); diff != "" {
				t.Fatalf("by %q in pages of %d (-want +got):\n%s", by, limit, diff)
			}
		}
	}
}
