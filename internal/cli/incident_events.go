package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
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

// showIncidentJSON prints an incident as it is answered, with its events as objects if they are asked for.
func (t *target) showIncidentJSON(ctx context.Context, number string, events bool) error {
	var answer map[string]json.RawMessage
	if err := t.get(ctx, "/incidents/"+number, &answer); err != nil {
		return err
	}
	out := map[string]any{}
	for k, v := range answer {
		out[k] = v
	}
	if first, ok := answer["alerts"]; ok {
		alerts, err := allAlerts(ctx, t, number, first)
		if err != nil {
			return err
		}
		out["alerts"] = alerts
	}
	if events {
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
		list := []map[string]json.RawMessage{}
		for _, table := range res.Tables {
			for _, row := range table.Rows {
				o := map[string]json.RawMessage{}
				for i, c := range table.Columns {
					o[c.Name] = row[i]
				}
				list = append(list, o)
			}
		}
		out["events"] = list
	}
	return t.printJSON(out)
}
