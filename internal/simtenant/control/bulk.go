package control

import (
	"net/http"
	"slices"

	"github.com/vedette-siem/vedette/internal/simtenant/desk"
	"github.com/vedette-siem/vedette/internal/simtenant/state"
)

// bulk takes {"count":100,"tag":"Wave 7"}: an analyst gives the newest incidents a tag, all with one stamp.
func (c *control) bulk(w http.ResponseWriter, r *http.Request) {
	var b struct {
		Count int    `json:"count"`
		Tag   string `json:"tag"`
	}
	if !read(w, r, &b) {
		return
	}
	dir := c.cfg.Living.Now()
	incidents := slices.DeleteFunc(c.cfg.Store.Incidents(0), func(i *state.Incident) bool { return i.Status == "redirected" })
	if b.Count < 1 || b.Count > len(incidents) || b.Tag == "" {
		refuse(w, http.StatusBadRequest, "name a tag and a count from 1 to %d", len(incidents))
		return
	}
	changed := 0
	err := c.cfg.Store.Update(func(tx *state.Tx) error {
		for _, i := range incidents[len(incidents)-b.Count:] {
			now, ok := tx.Incident(i.ID)
			if !ok || now.Status == "redirected" {
				continue
			}
			if err := desk.Patch(tx, dir, i.ID, desk.Change{Tags: append(slices.Clone(now.Tags), b.Tag), HasTags: true}, dir.Analysts[0].UPN); err != nil {
				return err
			}
			changed++
		}
		return nil
	})
	if err != nil {
		refuse(w, http.StatusInternalServerError, "%v", err)
		return
	}
	reply(w, map[string]int{"changed": changed})
}
