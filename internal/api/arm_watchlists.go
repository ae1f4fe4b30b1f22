package api

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/model"
	"github.com/vedette-siem/vedette/internal/watchlist"
)

type armActor struct {
	ObjectID *string `json:"objectId"`
	Email    *string `json:"email"`
	Name     string  `json:"name"`
}

func armTime(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

func armWatchlist(ws *Workspace, x model.Watchlist) armResource {
	a := ws.insights("watchlists", x.Alias)
	a.Etag = strconv.Quote(strconv.FormatInt(x.Revision, 10))
	a.Properties = map[string]any{
		"watchlistId": x.ID, "displayName": x.Name, "provider": x.Provider, "source": x.Source, "sourceType": "Local", "created": armTime(x.Created), "updated": armTime(x.Updated),
		"createdBy": armActor{Name: x.CreatedBy}, "updatedBy": armActor{Name: x.UpdatedBy}, "description": x.Description, "watchlistType": "watchlist", "watchlistAlias": x.Alias,
		"isDeleted": false, "labels": list(x.Labels), "defaultDuration": x.Duration, "tenantId": ws.TenantID, "numberOfLinesToSkip": 0, "itemsSearchKey": x.SearchKey,
		"contentType": "text/csv", "uploadStatus": "Complete", "watchlistItemsCount": x.Items,
	}
	return a
}

func armWatchlistItem(ws *Workspace, alias string, it model.WatchlistItem) armResource {
	a := ws.insights("watchlists", alias)
	a.ID, a.Name, a.Type = a.ID+"/watchlistItems/"+it.ID, it.ID, a.Type+"/watchlistItems"
	a.Etag = strconv.Quote(strconv.FormatInt(it.Updated.UnixMicro(), 10))
	a.Properties = map[string]any{
		"watchlistItemType": "watchlist-item", "watchlistItemId": it.ID, "tenantId": ws.TenantID, "isDeleted": false, "created": armTime(it.Created), "updated": armTime(it.Updated),
		"createdBy": armActor{Name: it.CreatedBy}, "updatedBy": armActor{Name: it.UpdatedBy}, "itemsKeyValue": it.Values, "entityMapping": map[string]any{},
	}
	return a
}

func (s *Server) armListWatchlists(w http.ResponseWriter, r *http.Request, ws *Workspace) error {
	all, err := s.Watchlists.List(r.Context(), ws.ID)
	if err != nil {
		return err
	}
	value := []armResource{}
	for _, x := range all {
		value = append(value, armWatchlist(ws, x))
	}
	writeJSON(w, http.StatusOK, map[string]any{"value": value})
	return nil
}

func (s *Server) armGetWatchlist(w http.ResponseWriter, r *http.Request, ws *Workspace) error {
	x, err := s.Watchlists.Get(r.Context(), ws.ID, r.PathValue("name"))
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, armWatchlist(ws, x))
	return nil
}

// armPutWatchlist makes or changes a list. Lines of the content that are no items stand in the answer as rejectedRows.
func (s *Server) armPutWatchlist(w http.ResponseWriter, r *http.Request, ws *Workspace) error {
	var in struct {
		Properties struct {
			DisplayName, Description, Provider, Source, ItemsSearchKey, RawContent, ContentType, DefaultDuration string
			SasURI                                                                                               string `json:"sasUri"`
			Labels                                                                                               []string
			NumberOfLinesToSkip                                                                                  int
		}
	}
	var raw json.RawMessage
	if err := readJSONUpTo(r, &raw, maxWatchlistBody); err != nil {
		return err
	}
	if err := json.Unmarshal(raw, &in); err != nil {
		return badBody(err)
	}
	p := in.Properties
	switch {
	case p.SasURI != "":
		return fault.New(fault.Invalid, "watchlist_source", "a watchlist is not read from an address here; send its content as rawContent")
	case p.ContentType != "" && p.ContentType != "text/csv" && p.ContentType != "Text/Csv":
		return fault.New(fault.Invalid, "watchlist_content", "the content of a watchlist is text/csv, not %q", p.ContentType)
	case p.NumberOfLinesToSkip < 0:
		return fault.New(fault.Invalid, "watchlist_content", "numberOfLinesToSkip is negative")
	}
	x, made, problems, err := s.Watchlists.Put(r.Context(), ws.ID, watchlist.Spec{
		Alias: r.PathValue("name"), Name: p.DisplayName, Description: p.Description, Provider: p.Provider, Source: p.Source, SearchKey: p.ItemsSearchKey, Labels: p.Labels,
		Duration: p.DefaultDuration, Content: p.RawContent, SkipLines: p.NumberOfLinesToSkip,
	}, actorOf(r).Name)
	if err != nil {
		return err
	}
	a := armWatchlist(ws, x)
	if len(problems) > 0 {
		a.Properties.(map[string]any)["rejectedRows"] = problems
	}
	writeJSON(w, madeStatus(made), a)
	return nil
}

func (s *Server) armDeleteWatchlist(w http.ResponseWriter, r *http.Request, ws *Workspace) error {
	if _, err := s.Watchlists.Delete(r.Context(), ws.ID, r.PathValue("name"), actorOf(r).Name); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent) // all clients take it, and only it
	return nil
}

// armListWatchlistItems answers a page; $skipToken is the number of items before it.
func (s *Server) armListWatchlistItems(w http.ResponseWriter, r *http.Request, ws *Workspace) error {
	x, err := s.Watchlists.Get(r.Context(), ws.ID, r.PathValue("name"))
	if err != nil {
		return err
	}
	offset := pageOf(options(r)["$skiptoken"], 0)
	items, err := s.Watchlists.Items(r.Context(), ws.ID, x.Alias, offset, maxWatchlistPage)
	if err != nil {
		return err
	}
	value := []armResource{}
	for _, it := range items {
		value = append(value, armWatchlistItem(ws, x.Alias, it))
	}
	out := map[string]any{"value": value}
	if next := offset + len(items); len(items) == maxWatchlistPage && int64(next) < x.Items {
		out["nextLink"] = nextLink(r, strconv.Itoa(next))
	}
	writeJSON(w, http.StatusOK, out)
	return nil
}

func (s *Server) armGetWatchlistItem(w http.ResponseWriter, r *http.Request, ws *Workspace) error {
	it, err := s.Watchlists.Item(r.Context(), ws.ID, r.PathValue("name"), r.PathValue("item"))
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, armWatchlistItem(ws, r.PathValue("name"), it))
	return nil
}

func (s *Server) armPutWatchlistItem(w http.ResponseWriter, r *http.Request, ws *Workspace) error {
	var in struct {
		Properties struct {
			ItemsKeyValue map[string]json.RawMessage
		}
	}
	if err := readARM(r, &in); err != nil {
		return err
	}
	alias := r.PathValue("name")
	it, made, err := s.Watchlists.PutItem(r.Context(), ws.ID, alias, r.PathValue("item"), texts(in.Properties.ItemsKeyValue), actorOf(r).Name)
	if err != nil {
		return err
	}
	writeJSON(w, madeStatus(made), armWatchlistItem(ws, alias, it))
	return nil
}

func (s *Server) armDeleteWatchlistItem(w http.ResponseWriter, r *http.Request, ws *Workspace) error {
	had, err := s.Watchlists.DeleteItem(r.Context(), ws.ID, r.PathValue("name"), r.PathValue("item"), actorOf(r).Name)
	if err != nil {
		return err
	}
	if had {
		w.WriteHeader(http.StatusOK)
	} else {
		w.WriteHeader(http.StatusNoContent)
	}
	return nil
}
