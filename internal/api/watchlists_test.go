package api

import (
	"encoding/json"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vedette-siem/vedette/internal/auth"
	"github.com/vedette-siem/vedette/internal/meta"
	"github.com/vedette-siem/vedette/internal/watchlist"
)

func watchlistServer(t *testing.T) *Server {
	t.Helper()
	s := articleServer(t)
	db, err := meta.Open(t.Context(), filepath.Join(t.TempDir(), "lists.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() }) //nolint:errcheck // the test is over
	s.Watchlists = watchlist.New(watchlist.Config{Store: db, Now: time.Now})
	return s
}

func TestWatchlistsOfThePages(t *testing.T) {
	s := watchlistServer(t)
	const ws = "/api/w/soc/watchlists"
	const id = "6f1c2f0e-5a0e-4d4e-9a61-1b7f3f8f6d11"
	walk(t, s, []step{
		{"none", "GET", ws, "", 200, `{"items":[]}`},
		{"make", "PUT", ws + "/Assets", `{"searchKey":"Host","content":"Host,Owner\nsrv-1,Ana\nsrv-2\n"}`, 201, `"problems":[{"line":3,"message":"it has 1 fields; the headings are 2"}]`},
		{"bad alias", "PUT", ws + "/a%20b", `{"searchKey":"a","content":"a"}`, 400, "watchlist_alias"},
		{"show", "GET", ws + "/assets", "", 200, `"columns":["Host","Owner"]`},
		{"items", "GET", ws + "/assets/items", "", 200, `"total":1`},
		{"an item", "PUT", ws + "/assets/items/" + id, `{"values":{"Host":"srv-9","Owner":null}}`, 201, `"Owner":""`},
		{"again", "PUT", ws + "/assets/items/" + id, `{"values":{"Host":"srv-9","Owner":"Ben"}}`, 200, `"Owner":"Ben"`},
		{"no key", "POST", ws + "/assets/items", `{"values":{"Owner":"Ben"}}`, 400, "search key"},
		{"a second page", "GET", ws + "/assets/items?offset=1&limit=1", "", 200, `"srv-9"`},
		{"delete it", "DELETE", ws + "/assets/items/" + id, "", 204, ""},
		{"twice", "DELETE", ws + "/assets/items/" + id, "", 404, "watchlist_item_not_found"},
		{"describe", "PUT", ws + "/assets", `{"description":"Servers"}`, 200, `"description":"Servers"`},
		{"delete", "DELETE", ws + "/assets", "", 204, ""},
		{"gone", "GET", ws + "/assets", "", 404, "watchlist_not_found"},
	})
}

func TestWatchlistsByARM(t *testing.T) {
	s := watchlistServer(t)
	const base = "/subscriptions/SUB-1/resourceGroups/RG/providers/Microsoft.OperationalInsights/workspaces/soc/providers/microsoft.securityinsights/watchlists"
	const id = "6f1c2f0e-5a0e-4d4e-9a61-1b7f3f8f6d11"
	walk(t, s, []step{
		{"none", "GET", base + "?api-version=2025-09-01", "", 200, `{"value":[]}`},
		{"missing", "GET", base + "/ips", "", 404, "watchlist_not_found"},
		{"make", "PUT", base + "/ips", `{"properties":{"displayName":"Addresses","provider":"Us","itemsSearchKey":"ip","rawContent":"about\nip,why\n10.0.0.1,lab\n10.0.0.2\n","contentType":"text/csv","numberOfLinesToSkip":1}}`, 201, `"rejectedRows":[{"line":4,`},
		{"get", "GET", base + "/IPS", "", 200, `"itemsSearchKey":"ip"`},
		{"from an address", "PUT", base + "/x", `{"properties":{"sasUri":"https://x"}}`, 400, "watchlist_source"},
		{"an item", "PUT", base + "/ips/watchlistItems/" + id, `{"properties":{"itemsKeyValue":{"ip":"10.0.0.3","why":7}}}`, 201, `"why":"7"`},
		{"get it", "GET", base + "/ips/watchlistItems/" + id, "", 200, `"watchlistItemType":"watchlist-item"`},
		{"list them", "GET", base + "/ips/watchlistItems", "", 200, `"itemsKeyValue":{"ip":"10.0.0.1"`},
		{"delete it", "DELETE", base + "/ips/watchlistItems/" + id, "", 200, ""},
		{"twice", "DELETE", base + "/ips/watchlistItems/" + id, "", 204, ""},
		{"delete", "DELETE", base + "/ips", "", 204, ""},
	})
}

// All items are read page by page, each once.
func TestWatchlistPages(t *testing.T) {
	s := watchlistServer(t)
	const base = "/subscriptions/sub-1/resourceGroups/rg/providers/Microsoft.OperationalInsights/workspaces/soc/providers/Microsoft.SecurityInsights/watchlists/big"
	lines := []string{"n"}
	for i := range 2500 {
		lines = append(lines, strings.Repeat("x", i%7)+string(rune('a'+i%26))+time.Duration(i).String())
	}
	body, err := json.Marshal(map[string]any{"properties": map[string]any{"itemsSearchKey": "n", "rawContent": strings.Join(lines, "\n")}})
	if err != nil {
		t.Fatal(err)
	}
	walk(t, s, []step{{"make", "PUT", base, string(body), 201, `"watchlistItemsCount":2500`}})
	seen := map[string]bool{}
	for url := base + "/watchlistItems?api-version=2025-09-01"; url != ""; {
		w := request(t, s, "GET", url, "", func(r *http.Request) { *r = *withActor(r, auth.Operator) })
		var page struct {
			Value []struct {
				Name string `json:"name"`
			} `json:"value"`
			NextLink string `json:"nextLink"`
		}
		if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil {
			t.Fatal(err)
		}
		for _, it := range page.Value {
			seen[it.Name] = true
		}
		url = strings.TrimPrefix(page.NextLink, s.PublicURL)
	}
	if len(seen) != 2500 {
		t.Errorf("the pages have %d items of 2500", len(seen))
	}
}
