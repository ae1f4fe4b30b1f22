package meta

import (
	"context"
	"fmt"
	"strings"

	"github.com/uptrace/bun"

	"github.com/vedette-siem/vedette/internal/model"
)

// timeText writes a time of a document so that it sorts as text does: always with seven digits.
func timeText(column, member string) string {
	t := "json_extract(" + column + ", '$." + member + "')"
	return "substr(replace(" + t + ", 'Z', '') || CASE WHEN instr(" + t + ", '.') = 0 THEN '.' ELSE '' END || '0000000', 1, 27)"
}

// incidentFields are the fields that a condition may name, as SQL.
var incidentFields = map[string]string{
	"number": "number", "name": "name", "providerId": "provider_id", "title": "title", "status": "status", "severity": "severity",
	"created": "created", "modified": "modified", "closed": "closed", "alerts": "alerts",
	"description": doc("Description"), "classification": doc("Classification"), "classificationReason": doc("ClassificationReason"),
	"classificationComment": doc("ClassificationNote"), "providerName": doc("ProviderName"), "modifiedBy": doc("ModifiedBy"),
	"shownProviderId": doc("ProviderIncidentID"), "comments": "coalesce(json_extract(doc, '$.CommentCount'), 0)",
	"owner.objectId": doc("Owner.objectId"), "owner.email": doc("Owner.email"), "owner.assignedTo": doc("Owner.assignedTo"),
	"owner.userPrincipalName": doc("Owner.userPrincipalName"),
	"firstActivity":           timeText("doc", "FirstActivity"), "lastActivity": timeText("doc", "LastActivity"),
}

// incidentLists are the fields with several values, as the JSON arrays that hold them.
var incidentLists = map[string][]string{
	"label": {"$.Labels", "$.SystemLabels"}, "product": {"$.Products"}, "tactic": {"$.Tactics"}, "rule": {"$.RuleIDs"},
}

func doc(path string) string { return "coalesce(json_extract(doc, '$." + path + "'), '')" }

// where writes a condition as SQL with its values.
func where(c model.Condition) (string, []any, error) {
	switch c.Op {
	case model.And, model.Or, model.Not:
		var parts []string
		var args []any
		for _, a := range c.Args {
			sql, more, err := where(a)
			if err != nil {
				return "", nil, err
			}
			parts, args = append(parts, sql), append(args, more...)
		}
		switch {
		case len(parts) == 0:
			return "", nil, fmt.Errorf("%q without conditions", c.Op)
		case c.Op == model.Not:
			return "NOT (" + parts[0] + ")", args, nil
		}
		return "(" + strings.Join(parts, " "+string(c.Op)+" ") + ")", args, nil
	}
	if paths, ok := incidentLists[c.Field]; ok {
		return whereOne(c, paths)
	}
	field, ok := incidentFields[c.Field]
	if !ok {
		return "", nil, fmt.Errorf("incidents have no field %q", c.Field)
	}
	return compare(field, c)
}

// whereOne asks for one value of a list.
func whereOne(c model.Condition, paths []string) (string, []any, error) {
	none := c.Value == nil
	negative := c.Op == model.Unequal
	if negative {
		c.Op = model.Equal
	}
	if none {
		negative = !negative // equal to nothing: the list has no value
	}
	var parts []string
	var args []any
	for _, p := range paths {
		sql, more := "1", []any(nil)
		if !none {
			var err error
			if sql, more, err = compare("j.value", c); err != nil {
				return "", nil, err
			}
		}
		parts = append(parts, "EXISTS (SELECT 1 FROM json_each(incident_row.doc, '"+p+"') AS j WHERE j.value IS NOT NULL AND "+sql+")")
		args = append(args, more...)
	}
	sql := "(" + strings.Join(parts, " OR ") + ")"
	if negative {
		sql = "NOT " + sql
	}
	return sql, args, nil
}

func compare(field string, c model.Condition) (string, []any, error) {
	v := c.Value
	if v == nil {
		v = ""
		if c.Op != model.Equal && c.Op != model.Unequal {
			return "", nil, fmt.Errorf("%q compares with a value", c.Op)
		}
	}
	if s, ok := v.(string); ok && c.Fold {
		v, field = strings.ToLower(s), "lower("+field+")"
	}
	switch c.Op {
	case model.Equal, model.Unequal, model.Less, model.AtMost, model.Greater, model.AtLeast:
		return field + " " + string(c.Op) + " ?", []any{v}, nil
	case model.Contains, model.Starts, model.Ends:
		s, ok := v.(string)
		if !ok {
			return "", nil, fmt.Errorf("%q looks for a text", c.Op)
		}
		switch c.Op {
		case model.Contains:
			return "instr(" + field + ", ?) > 0", []any{s}, nil
		case model.Starts:
			return "substr(" + field + ", 1, length(?)) = ?", []any{s, s}, nil
		}
		return "(length(?) <= length(" + field + ") AND substr(" + field + ", length(" + field + ") - length(?) + 1) = ?)", []any{s, s, s}, nil
	}
	return "", nil, fmt.Errorf("there is no condition %q", c.Op)
}

// cursorRow is an incident with what its list is ordered by.
type cursorRow struct {
	bun.BaseModel `bun:"table:incidents,alias:incident_row"`
	IncidentRow

	Key any `bun:"sort_key,scanonly"`
}

// IncidentsAfter returns the incidents that the query selects after a place in their order, without Sync and Raw, and the
// place of the last one; nil when none follow. The query's Offset is not looked at.
func (t IncidentTx) IncidentsAfter(ctx context.Context, ws string, q IncidentQuery, after *model.Cursor) ([]IncidentRow, *model.Cursor, error) {
	by, desc := strings.CutPrefix(q.Sort, "-")
	key := incidentFields[by]
	switch by {
	case "":
		key, desc = "created", true
	case "severity":
		key = "severity_rank"
	}
	if key == "" {
		return nil, nil, fmt.Errorf("incidents have no field %q to be ordered by", by)
	}
	var rows []cursorRow
	sel := filterIncidents(t.db.NewSelect().Model(&rows).ExcludeColumn("sync", "raw").ColumnExpr("? AS sort_key", bun.Safe(key)), ws, q)
	if q.Where != nil {
		sql, args, err := where(*q.Where)
		if err != nil {
			return nil, nil, err
		}
		sel = sel.Where(sql, args...)
	}
	dir, than := "ASC", ">"
	if desc {
		dir, than = "DESC", "<"
	}
	if after != nil {
		sel = sel.Where("(?, number) ? (?, ?)", bun.Safe(key), bun.Safe(than), after.Key, after.Number)
	}
	err := sel.OrderExpr("? ?, number ?", bun.Safe(key), bun.Safe(dir), bun.Safe(dir)).Limit(int64(q.Limit) + 1).Scan(ctx)
	if err != nil {
		return nil, nil, err
	}
	out := make([]IncidentRow, 0, min(len(rows), q.Limit))
	for _, r := range rows[:min(len(rows), q.Limit)] {
		out = append(out, r.IncidentRow)
	}
	if len(rows) <= q.Limit || q.Limit == 0 {
		return out, nil, nil
	}
	last := rows[q.Limit-1]
	if b, ok := last.Key.([]byte); ok {
		last.Key = string(b)
	}
	return out, &model.Cursor{Key: last.Key, Number: last.Number}, nil
}
