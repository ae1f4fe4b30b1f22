package control

import (
	"bufio"
	"encoding/json"
	"fmt"
	"hash/maphash"
	"net/http"
	"strings"

	"github.com/valyala/fastjson"

	"github.com/vedette-siem/vedette/internal/simtenant/hub"
	"github.com/vedette-siem/vedette/internal/simtenant/hunt"
)

// record is one event as it stands in the log.
type record struct {
	hub.Entry
	ordinal int
	table   string
	key     string
}

// each calls f for every event in the log.
func (c *control) each(r *http.Request, f func(record) error) error {
	var p fastjson.Parser
	return c.cfg.Hub.Read(r.Context(), nil, func(e hub.Entry) error {
		m, err := p.ParseBytes(e.Body)
		if err != nil {
			return nil // not one of ours, and no event
		}
		for n, rec := range m.GetArray("records") {
			table := strings.TrimPrefix(string(rec.GetStringBytes("category")), "AdvancedHunting-")
			key, err := hunt.NaturalKey(table, rec.Get("properties"))
			if err != nil {
				return fmt.Errorf("reading partition %d offset %d: %w", e.Partition, e.Offset, err)
			}
			if err := f(record{e, n, table, key}); err != nil {
				return err
			}
		}
		return nil
	})
}

func (c *control) truth(w http.ResponseWriter, r *http.Request) {
	seed := maphash.MakeSeed()
	seen := map[string]map[uint64]struct{}{}
	err := c.each(r, func(rec record) error {
		if seen[rec.table] == nil {
			seen[rec.table] = map[uint64]struct{}{}
		}
		seen[rec.table][maphash.String(seed, rec.key)] = struct{}{}
		return nil
	})
	if err != nil {
		refuse(w, http.StatusInternalServerError, "%v", err)
		return
	}
	events := map[string]int{}
	for t, s := range seen {
		events[t] = len(s)
	}
	ids := []string{}
	for _, i := range c.cfg.Store.Incidents(0) {
		ids = append(ids, i.Key())
	}
	reply(w, map[string]any{"incidents": ids, "events": events})
}

type evidenceTruth struct {
	Type  string            `json:"type"`
	Table string            `json:"table,omitempty"`
	Keys  map[string]string `json:"keys,omitempty"`
}

type alertTruth struct {
	ID       string          `json:"id"`
	Evidence []evidenceTruth `json:"evidence"`
}

func (c *control) incidents(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/x-ndjson")
	e := json.NewEncoder(w)
	for _, i := range c.cfg.Store.Incidents(0) {
		redirect := any(nil)
		if i.RedirectTo != 0 {
			redirect = fmt.Sprint(i.RedirectTo)
		}
		alerts := []alertTruth{}
		for _, id := range i.Alerts {
			a, ok := c.cfg.Store.Alert(id)
			if !ok {
				continue
			}
			t := alertTruth{ID: id, Evidence: []evidenceTruth{}}
			for _, ev := range a.Evidence {
				t.Evidence = append(t.Evidence, evidenceTruth{ev.Type, ev.Table, ev.Keys})
			}
			alerts = append(alerts, t)
		}
		line := map[string]any{"id": i.Key(), "redirectTo": redirect, "alerts": alerts, "alertsHidden": i.Hidden, "status": i.Status, "lastUpdateDateTime": hunt.Time(i.Updated)}
		if e.Encode(line) != nil {
			return
		}
	}
}

func (c *control) events(w http.ResponseWriter, r *http.Request) {
	table := r.URL.Query().Get("table")
	if _, ok := hunt.ByName(table); !ok {
		refuse(w, http.StatusBadRequest, "there is no table %q; ask for one with ?table=NAME", table)
		return
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	out := bufio.NewWriterSize(w, 1<<16)
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	err := c.each(r, func(rec record) error {
		if rec.table != table {
			return nil
		}
		return e.Encode(struct {
			Partition int32  `json:"partition"`
			Offset    int64  `json:"offset"`
			Ordinal   int    `json:"ordinal"`
			Key       string `json:"key"`
		}{rec.Partition, rec.Offset, rec.ordinal, rec.key})
	})
	if err == nil {
		err = out.Flush()
	}
	if err != nil && r.Context().Err() == nil {
		c.cfg.Logger.ErrorContext(r.Context(), "truth of a table", "table", table, "err", err)
		panic(http.ErrAbortHandler) // a truncated truth must not look complete
	}
}
