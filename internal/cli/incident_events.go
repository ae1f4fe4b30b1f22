package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
)

// incidentEvents gets the raw events behind an incident's alerts, in the shape of a query's answer.
func (t *target) incidentEvents(ctx context.Context, number string) (json.RawMessage, error) {
	var raw json.RawMessage
	err := t.get(ctx, "/incidents/"+number+"/events", &raw)
	return raw, err
}

func (t *target) printIncidentEvents(ctx context.Context, number string) error {
	raw, err := t.incidentEvents(ctx, number)
	if err != nil {
		return err
	}
	fmt.Fprintln(t.env.Stdout, "\nEvents")
	return printAPIResult(t.env, bytes.NewReader(raw))
}

// shownLists are the lists of an incident that come by the page.
var shownLists = []string{"alerts", "comments", "entities"}

// showIncidentJSON prints an incident as it is answered, its lists by the page, with its events as objects if they are asked for.
func (t *target) showIncidentJSON(ctx context.Context, number string, events bool) error {
	var answer map[string]json.RawMessage
	if err := t.get(ctx, "/incidents/"+number+"?alerts=0&entities=0", &answer); err != nil {
		return err
	}
	out := newJSONStream(t.env.Stdout)
	out.open("", "{")
	for _, k := range slices.Sorted(maps.Keys(answer)) {
		if !slices.Contains(shownLists, k) {
			if err := out.put(k, answer[k]); err != nil {
				return err
			}
		}
	}
	for _, name := range shownLists {
		out.open(name, "[")
		if err := eachOf(ctx, t, number, name, math.MaxInt, func(x json.RawMessage) error { return out.put("", x) }); err != nil {
			return err
		}
		out.close("]")
	}
	if events {
		if err := t.eventObjects(ctx, number, out); err != nil {
			return err
		}
	}
	out.close("}")
	return out.end()
}

// eventObjects writes the events of an incident as objects.
func (t *target) eventObjects(ctx context.Context, number string, out *jsonStream) error {
	raw, err := t.incidentEvents(ctx, number)
	if err != nil {
		return err
	}
	var res struct {
		Tables []struct {
			Columns []struct{ Name string }
			Rows    [][]json.RawMessage
		}
	}
	if err := json.Unmarshal(raw, &res); err != nil {
		return fmt.Errorf("reading the events: %w", err)
	}
	out.open("events", "[")
	for _, table := range res.Tables {
		for _, row := range table.Rows {
			o := map[string]json.RawMessage{}
			for i, c := range table.Columns {
				o[c.Name] = row[i]
			}
			if err := out.put("", o); err != nil {
				return err
			}
		}
	}
	out.close("]")
	return nil
}
