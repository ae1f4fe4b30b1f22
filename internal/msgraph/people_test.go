package msgraph

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vedette-siem/vedette/internal/fault"
)

// TestGroupChanges follows pages to the link of the next time, and meets a link that is too old.
func TestGroupChanges(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		base := "https://" + r.Host + "/v1.0/groups/delta"
		switch {
		case r.URL.Query().Get("$deltatoken") == "old":
			w.WriteHeader(http.StatusGone)
			fmt.Fprint(w, `{"error":{"code":"syncStateNotFound","message":"too old"}}`)
		case r.URL.Query().Get("$deltatoken") == "elsewhere":
			fmt.Fprint(w, `{"value":[],"@odata.deltaLink":"https://evil.example/delta"}`)
		case r.URL.Query().Get("$skiptoken") == "2":
			fmt.Fprintf(w, `{"value":[{"id":"g1","members@delta":[{"@odata.type":"#microsoft.graph.user","id":"u2"},{"id":"u1","@removed":{"reason":"deleted"}}]},{"id":"g2","@removed":{"reason":"changed"}}],"@odata.deltaLink":"%s?$deltatoken=new"}`, base)
		case r.URL.Query().Get("$select") == "id,displayName,members":
			fmt.Fprintf(w, `{"value":[{"id":"g1","displayName":"SOC","members@delta":[{"id":"u1"}]}],"@odata.nextLink":"%s?$skiptoken=2"}`, base)
		default:
			w.WriteHeader(http.StatusBadRequest)
		}
	}, nil)
	var got []string
	note := func(g GroupChange) error {
		s := g.ID
		if len(g.Removed) > 0 {
			s += " gone"
		}
		for _, m := range g.Members {
			s += fmt.Sprintf(" %s/%v", m.ID, len(m.Removed) > 0)
		}
		got = append(got, s)
		return nil
	}
	link, err := c.GroupChanges(t.Context(), "", note)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"g1 u1/false", "g1 u2/false u1/true", "g2 gone"}, got); d != "" {
		t.Error(d)
	}
	at := func(token string) string { return link[:len(link)-len("new")] + token }
	if _, err := c.GroupChanges(t.Context(), at("old"), note); !errors.Is(err, ErrResync) {
		t.Errorf("an old link: %v", err)
	}
	if _, err := c.GroupChanges(t.Context(), at("elsewhere"), note); fault.CodeOf(err) != "graph_next_link" {
		t.Errorf("a link to another host: %v", err)
	}
}

// TestUsersAreAllOrNone: a part of the list must not look like deletions.
func TestUsersAreAllOrNone(t *testing.T) {
	for _, tc := range []struct{ name, warning, body, code string }{
		{"all", "", `{"value":[{"id":"1","manager":{"userPrincipalName":"bo@x"}},{"id":"2"}]}`, ""},
		{"providers missing", `199 - "partial"`, `{"value":[{"id":"1"}]}`, "graph_partial"},
		{"not a user", "", `{"value":[{"id":"1"},7]}`, "graph_malformed"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Query().Get("$expand") != "manager($select=id,displayName,userPrincipalName)" || r.URL.Query().Get("$top") != "999" {
					t.Errorf("asked %s", r.URL)
				}
				if tc.warning != "" {
					w.Header().Set("Warning", tc.warning)
				}
				fmt.Fprint(w, tc.body)
			}, nil)
			n := 0
			err := c.Users(t.Context(), func(DirectoryUser) error { n++; return nil })
			if tc.code == "" && (err != nil || n != 2) || tc.code != "" && fault.CodeOf(err) != tc.code {
				t.Errorf("%d users, %v", n, err)
			}
		})
	}
}

func TestHunt(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		var in map[string]string
		b, err := io.ReadAll(r.Body)
		if err != nil || json.Unmarshal(b, &in) != nil || r.URL.Path != "/v1.0/security/runHuntingQuery" || in["Query"] != "IdentityInfo" || in["Timespan"] != "P1D" {
			t.Errorf("asked %s %s %v", r.URL, b, err)
		}
		fmt.Fprint(w, `{"schema":[{"name":"A","type":"Int64"}],"results":[{"A":18446744073709551615}]}`)
	}, nil)
	rows, err := c.Hunt(t.Context(), "IdentityInfo", "P1D", Inbound)
	if err != nil || len(rows) != 1 || string(rows[0]["A"]) != "18446744073709551615" {
		t.Errorf("%s %v", rows, err)
	}
}
