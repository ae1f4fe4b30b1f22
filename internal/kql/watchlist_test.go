package kql_test

import (
	"strings"
	"testing"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/kql"
	"github.com/vedette-siem/vedette/internal/kql/bind"
	"github.com/vedette-siem/vedette/internal/kql/exec"
	"github.com/vedette-siem/vedette/internal/schema"
)

// oneWatchlist has a list of two hosts.
func oneWatchlist() *bind.Watchlists {
	return &bind.Watchlists{
		Aliases: func() ([]string, error) { return []string{"Assets"}, nil },
		Rows: func(alias string) ([]schema.Column, *column.Batch, bool, error) {
			if !strings.EqualFold(alias, "assets") {
				return nil, nil, false, nil
			}
			cols := []schema.Column{{Name: "_DTItemId", Type: schema.String}, {Name: "LastUpdatedTimeUTC", Type: schema.Datetime}, {Name: "SearchKey", Type: schema.String}, {Name: "Host", Type: schema.String}, {Name: "Owner", Type: schema.String}}
			b := column.NewBatch(2, schema.String, schema.Datetime, schema.String, schema.String, schema.String)
			for _, host := range []string{"srv-1", "srv-2"} {
				for i, text := range []string{"id-" + host, "", host, host, "Ana"} {
					if i == 1 {
						b.Cols[1].AppendInt(column.Date(2026, 6, 1))
					} else {
						b.Cols[i].AppendString(text)
					}
				}
				b.N++
			}
			return cols, b, true, nil
		},
	}
}

func TestWatchlists(t *testing.T) {
	env := bind.Env{Catalog: schema.Builtin(), Runnable: exec.Runnable, Watchlists: oneWatchlist()}
	for _, tt := range []trap{
		{"_GetWatchlist('Assets') | getschema | project ColumnName, ColumnType", "_DTItemId|string; LastUpdatedTimeUTC|datetime; SearchKey|string; Host|string; Owner|string"},
		{"_GetWatchlist('assets') | project SearchKey, Owner", "srv-1|Ana; srv-2|Ana"},
		{"_GetWatchlist('Assets', dynamic(['srv-2', 'x'])) | project Host", "srv-2"},
		{"let w = (_GetWatchlist('Assets') | project Host); datatable(h:string)['srv-1', 'srv-9'] | where h in (w)", "srv-1"},
		{"datatable(h:string)['srv-1', 'srv-9'] | join kind=leftouter _GetWatchlist('Assets') on $left.h == $right.SearchKey | project h, Owner", "srv-1|Ana; srv-9|"},
		{"let a = 'Assets'; _GetWatchlist(a) | count", "2"},
		{"union _GetWatchlist('Assets'), _GetWatchlist('Assets') | count", "4"},
		{"_GetWatchlistAlias() | project WatchlistAlias", "Assets"},
		{"_GetWatchlistAlias | count", "1"},
		{"_GetWatchlist('Asets')", "!Did you mean 'Assets'?"},
		{"_GetWatchlist('other')", "!There is no watchlist 'other' in this workspace."},
		{"AlertInfo | extend a = _GetWatchlist(Title)", "!must be a constant string"},
		{"_GetWatchlist()", "!expects the alias"},
		{"restrict access to (AlertInfo); _GetWatchlist('Assets')", "!restrict statement"},
	} {
		got := "!"
		if q, ds := kql.Compile(tt.query, env); q == nil {
			got += ds.Error()
		} else if res, err := exec.Collect(t.Context(), q.Results[0].Root, exec.Env{}); err != nil {
			got += err.Error()
		} else {
			got = strings.Join(rowsOf(res), "; ")
		}
		if want, bad := strings.CutPrefix(tt.want, "!"); got != tt.want && !(bad && strings.Contains(got, want)) {
			t.Errorf("%s\n  is %s\nwant %s", tt.query, got, tt.want)
		}
	}
}
