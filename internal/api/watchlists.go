package api

import (
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/vedette-siem/vedette/internal/auth"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/watchlist"
)

// maxWatchlistBody is how many MB a request with a file may have: JSON escapes make the file longer.
const maxWatchlistBody = 12

// maxWatchlistPage is how many items an answer has at most.
const maxWatchlistPage = 1000

func (s *Server) registerWatchlists() {
	s.private(auth.ReadConnectors, "GET /api/w/{ws}/watchlists", s.listWatchlists)
	s.private(auth.ReadConnectors, "GET /api/w/{ws}/watchlists/{alias}", s.showWatchlist)
	s.private(auth.WriteConnectors, "PUT /api/w/{ws}/watchlists/{alias}", s.putWatchlist)
	s.private(auth.WriteConnectors, "DELETE /api/w/{ws}/watchlists/{alias}", s.deleteWatchlist)
	s.private(auth.ReadConnectors, "GET /api/w/{ws}/watchlists/{alias}/items", s.listWatchlistItems)
	s.private(auth.WriteConnectors, "POST /api/w/{ws}/watchlists/{alias}/items", s.putWatchlistItem)
	s.private(auth.WriteConnectors, "PUT /api/w/{ws}/watchlists/{alias}/items/{id}", s.putWatchlistItem)
	s.private(auth.WriteConnectors, "DELETE /api/w/{ws}/watchlists/{alias}/items/{id}", s.deleteWatchlistItem)
	for _, r := range []struct {
		act          auth.Action
		method, path string
		h            func(w http.ResponseWriter, r *http.Request, ws *Workspace) error
	}{
		{auth.ReadConnectors, "GET", "/watchlists", s.armListWatchlists},
		{auth.ReadConnectors, "GET", "/watchlists/{name}", s.armGetWatchlist},
		{auth.WriteConnectors, "PUT", "/watchlists/{name}", s.armPutWatchlist},
		{auth.WriteConnectors, "DELETE", "/watchlists/{name}", s.armDeleteWatchlist},
		{auth.ReadConnectors, "GET", "/watchlists/{name}/watchlistItems", s.armListWatchlistItems},
		{auth.ReadConnectors, "GET", "/watchlists/{name}/watchlistItems/{item}", s.armGetWatchlistItem},
		{auth.WriteConnectors, "PUT", "/watchlists/{name}/watchlistItems/{item}", s.armPutWatchlistItem},
		{auth.WriteConnectors, "DELETE", "/watchlists/{name}/watchlistItems/{item}", s.armDeleteWatchlistItem},
	} {
		s.arm(r.act, r.method, armInsights+r.path, r.h)
	}
}

func (s *Server) listWatchlists(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.inWorkspace(r)
	if err != nil {
		return err
	}
	all, err := s.Watchlists.List(r.Context(), ws.ID)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, map[string]any{"items": list(all)})
	return nil
}

func (s *Server) showWatchlist(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.inWorkspace(r)
	if err != nil {
		return err
	}
	x, err := s.Watchlists.Get(r.Context(), ws.ID, r.PathValue("alias"))
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, x)
	return nil
}

// putWatchlist makes or changes a list; the answer tells the lines that are no items.
func (s *Server) putWatchlist(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.inWorkspace(r)
	if err != nil {
		return err
	}
	var in struct {
		Name, Description, Provider, Source, SearchKey string
		Labels                                         []string
		DefaultDuration                                string
		Content                                        string
		SkipLines                                      int
		Replace                                        bool
	}
	if err := readJSONUpTo(r, &in, maxWatchlistBody); err != nil {
		return err
	}
	x, made, problems, err := s.Watchlists.Put(r.Context(), ws.ID, watchlist.Spec{
		Alias: r.PathValue("alias"), Name: in.Name, Description: in.Description, Provider: in.Provider, Source: in.Source, SearchKey: in.SearchKey, Labels: in.Labels,
		Duration: in.DefaultDuration, Content: in.Content, SkipLines: in.SkipLines, Replace: in.Replace,
	}, actorOf(r).Name)
	if err != nil {
		return err
	}
	writeJSON(w, madeStatus(made), map[string]any{"watchlist": x, "problems": list(problems)})
	return nil
}

func madeStatus(made bool) int {
	if made {
		return http.StatusCreated
	}
	return http.StatusOK
}

func (s *Server) deleteWatchlist(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.inWorkspace(r)
	if err != nil {
		return err
	}
	had, err := s.Watchlists.Delete(r.Context(), ws.ID, r.PathValue("alias"), actorOf(r).Name)
	if err == nil && !had {
		err = fault.New(fault.NotFound, "watchlist_not_found", "there is no watchlist %q in this workspace", r.PathValue("alias"))
	}
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *Server) listWatchlistItems(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.inWorkspace(r)
	if err != nil {
		return err
	}
	offset, limit := pageOf(r.URL.Query().Get("offset"), 0), pageOf(r.URL.Query().Get("limit"), maxWatchlistPage)
	x, err := s.Watchlists.Get(r.Context(), ws.ID, r.PathValue("alias"))
	if err != nil {
		return err
	}
	items, err := s.Watchlists.Items(r.Context(), ws.ID, x.Alias, offset, min(max(limit, 1), maxWatchlistPage))
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, map[string]any{"items": list(items), "total": x.Items, "columns": list(x.Columns)})
	return nil
}

// pageOf reads a number of a page, or gives another.
func pageOf(text string, otherwise int) int {
	if n, err := strconv.Atoi(text); err == nil && n >= 0 {
		return n
	}
	return otherwise
}

func (s *Server) putWatchlistItem(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.inWorkspace(r)
	if err != nil {
		return err
	}
	var in struct{ Values map[string]json.RawMessage }
	if err := readJSON(r, &in); err != nil {
		return err
	}
	it, made, err := s.Watchlists.PutItem(r.Context(), ws.ID, r.PathValue("alias"), r.PathValue("id"), texts(in.Values), actorOf(r).Name)
	if err != nil {
		return err
	}
	writeJSON(w, madeStatus(made), it)
	return nil
}

// texts are the values of an item: what is no text stands as JSON, null as nothing.
func texts(in map[string]json.RawMessage) map[string]string {
	out := make(map[string]string, len(in))
	for k, raw := range in {
		var s string
		switch {
		case string(raw) == "null":
		case json.Unmarshal(raw, &s) != nil:
			s = string(raw)
		}
		out[k] = s
	}
	return out
}

func (s *Server) deleteWatchlistItem(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.inWorkspace(r)
	if err != nil {
		return err
	}
	alias, id := r.PathValue("alias"), r.PathValue("id")
	had, err := s.Watchlists.DeleteItem(r.Context(), ws.ID, alias, id, actorOf(r).Name)
	if err == nil && !had {
		err = fault.New(fault.NotFound, "watchlist_item_not_found", "watchlist %q has no item %s", alias, id)
	}
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
