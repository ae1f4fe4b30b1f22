package tables

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/schema"
	"github.com/vedette-siem/vedette/internal/store"
)

// below chooses rows with an N below a limit.
func below(limit int64) Predicate {
	return func(int64) (store.RowFilter, error) {
		return store.RowFilter{Columns: []schema.Column{{Name: "N", Type: schema.Long}}, Match: func(b *column.Batch) ([]bool, error) {
			hits := make([]bool, b.N)
			for i, n := range b.Cols[0].Ints {
				hits[i] = n < limit
			}
			return hits, nil
		}}, nil
	}
}

// audited reads status and properties of the audit rows, in the order of time.
func (b *bench) audited() (out []string) {
	b.t.Helper()
	if err := b.store.SealAll(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
	snap := b.store.Snapshot("soc")
	defer snap.Close()
	r, err := snap.Scan(b.t.Context(), store.ScanSpec{Table: auditTable, Columns: []string{"Status", "SentinelResourceName", "ExtendedProperties"}})
	if err != nil {
		b.t.Fatal(err)
	}
	defer r.Close()
	for {
		got, err := r.Next(b.t.Context())
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			b.t.Fatal(err)
		}
		for i := range got.N {
			out = append(out, fmt.Sprint(got.Cols[0].Value(i), " ", got.Cols[1].Value(i), " ", got.Cols[2].Value(i)))
		}
	}
}

// TestPurgeInTwoSteps removes what was counted and nothing else, once, and records it.
func TestPurgeInTwoSteps(t *testing.T) {
	b := newBench(t)
	b.add("T_CL", noon.AddDate(0, 0, -1), 10)
	p, err := b.PreviewPurge(t.Context(), "soc", "T_CL", "N < 15", below(15))
	if err != nil || p.Rows != 10 || p.Confirm == "" || !p.Expires.Equal(noon.Add(time.Hour)) {
		t.Fatalf("%+v %v", p, err)
	}
	b.now = noon.Add(time.Minute)
	b.add("T_CL", noon.AddDate(0, 0, -1), 10) // five of them match too
	other, err := b.PreviewPurge(t.Context(), "soc", "T_CL", "N < 5", below(5))
	if err != nil || other.Rows != 5 {
		t.Fatalf("%+v %v", other, err)
	}
	for _, tt := range []struct{ name, where, confirm, code string }{
		{"another predicate", "N < 16", p.Confirm, "confirm_mismatch"},
		{"the confirmation of another", "N < 15", other.Confirm, "confirm_mismatch"},
		{"made up", "N < 15", strings.Replace(p.Confirm, "-", "-0", 1), "confirm_mismatch"},
		{"no confirmation", "N < 15", "yes", "confirm_invalid"},
	} {
		if _, err := b.Purge(t.Context(), "soc", "T_CL", tt.where, tt.confirm, "ada", below(15)); fault.CodeOf(err) != tt.code {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	if hot, _ := b.held("T_CL"); hot != 20 {
		t.Fatalf("%d rows are left", hot)
	}
	if got := b.audited(); len(got) != 0 {
		t.Errorf("recorded: %v", got)
	}
	done, err := b.Purge(t.Context(), "soc", "T_CL", "N < 15", p.Confirm, "ada", below(15))
	if err != nil || done.Rows != 10 {
		t.Fatalf("%+v %v", done, err)
	}
	if hot, _ := b.held("T_CL"); hot != 10 {
		t.Errorf("%d rows are left, want those that came later", hot)
	}
	if _, err := b.Purge(t.Context(), "soc", "T_CL", "N < 15", p.Confirm, "ada", below(15)); fault.CodeOf(err) != "confirm_mismatch" {
		t.Errorf("again: %v", err)
	}
	if _, err := b.Purge(t.Context(), "soc", "T_CL", "N < 5", other.Confirm, "ada", below(5)); fault.CodeOf(err) != "confirm_mismatch" {
		t.Errorf("rows that are gone: %v", err)
	}
	const props = `{"CallerName":"ada","Files":1,"From":"2026-03-13T12:00:00Z","Rows":10,"To":"2026-03-13T12:00:00Z","Where":"N \u003c 15"}`
	if d := cmp.Diff([]string{"Started T_CL " + props, "Success T_CL " + props}, b.audited()); d != "" {
		t.Error(d)
	}
}

// TestPurgeRefused keeps records, and does not let a count be confirmed for ever.
func TestPurgeRefused(t *testing.T) {
	b := newBench(t)
	b.add("T_CL", noon, 3)
	p, err := b.PreviewPurge(t.Context(), "soc", "T_CL", "N < 5", below(5))
	if err != nil {
		t.Fatal(err)
	}
	b.now = noon.Add(61 * time.Minute)
	if _, err := b.Purge(t.Context(), "soc", "T_CL", "N < 5", p.Confirm, "ada", below(5)); fault.CodeOf(err) != "confirm_expired" {
		t.Errorf("after an hour: %v", err)
	}
	for table, code := range map[string]string{auditTable: "purge_refused", "Nope_CL": "table_not_found"} {
		if _, err := b.PreviewPurge(t.Context(), "soc", table, "true", below(5)); fault.CodeOf(err) != code {
			t.Errorf("%s: %v", table, err)
		}
		if _, err := b.Purge(t.Context(), "soc", table, "true", p.Confirm, "ada", below(5)); fault.CodeOf(err) != code {
			t.Errorf("%s, confirmed: %v", table, err)
		}
	}
}
