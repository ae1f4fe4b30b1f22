package assume

import (
	"context"
	"fmt"
	"net/http"
	"slices"
)

func huntingBody(ctx context.Context, r *run) (State, string) {
	h := r.hunt(ctx, map[string]any{"Query": `print answer = "x"`, "Timespan": "P1D"})
	if !h.ok() {
		return h.no()
	}
	rows := h.body.objects("results")
	if len(rows) != 1 || rows[0].text("answer") != "x" {
		return Differs, "A query that prints a word did not answer with it."
	}
	return Holds, "A query was answered."
}

func huntingSchema(ctx context.Context, r *run) (State, string) {
	h := r.hunt(ctx, map[string]any{"Query": "AlertInfo | take 1"})
	if !h.ok() {
		return h.no()
	}
	schema := h.body.objects("schema")
	switch {
	case len(schema) == 0:
		return Differs, "No schema came."
	case schema[0].text("name") == "" || schema[0].text("type") == "":
		return Differs, "Columns are not called name and type."
	}
	var kinds []string
	for _, c := range schema {
		kinds = append(kinds, c.text("type"))
	}
	slices.Sort(kinds)
	return Holds, fmt.Sprintf("%d columns of the types %v.", len(schema), slices.Compact(kinds))
}

func huntingRefusal(ctx context.Context, r *run) (State, string) {
	h := r.hunt(ctx, map[string]any{"Query": "NoSuchTableAtAll | take 1"})
	switch {
	case h.err == nil && h.status == http.StatusBadRequest:
		return Holds, "It is 400 " + h.code() + "."
	case h.ok():
		return Differs, "A query over a table that is not there was answered."
	}
	return h.no()
}

func huntingBool(ctx context.Context, r *run) (State, string) {
	h := r.hunt(ctx, map[string]any{"Query": "IdentityInfo | where isnotnull(IsAccountEnabled) | project IsAccountEnabled | take 5"})
	if !h.ok() {
		return h.no()
	}
	rows := h.body.objects("results")
	if len(rows) == 0 {
		return few(0, "rows of IdentityInfo")
	}
	for _, row := range rows {
		switch v := row["IsAccountEnabled"].(type) {
		case bool:
		case float64:
			if v != 0 && v != 1 {
				return Differs, fmt.Sprintf("It is %v.", v)
			}
		default:
			return Differs, fmt.Sprintf("It is a %T.", v)
		}
	}
	return Holds, fmt.Sprintf("It is a %T.", rows[0]["IsAccountEnabled"])
}

func identityInfo(ctx context.Context, r *run) (State, string) {
	h := r.hunt(ctx, map[string]any{"Query": "IdentityInfo\n| where Timestamp > ago(1d)\n| where isnotempty(OnPremSid)\n| summarize arg_max(Timestamp, *) by OnPremSid\n| take 5"})
	if !h.ok() {
		return h.no()
	}
	have := map[string]bool{}
	for _, c := range h.body.objects("schema") {
		have[c.text("name")] = true
	}
	var missing []string
	for _, c := range []string{"OnPremSid", "AccountObjectId", "AccountUpn", "AccountName", "AccountDomain", "DistinguishedName", "IsAccountEnabled"} {
		if !have[c] {
			missing = append(missing, c)
		}
	}
	if len(missing) > 0 {
		return Differs, fmt.Sprintf("It lacks %v.", missing)
	}
	return Holds, fmt.Sprintf("It has %d columns; %d accounts of the domain came.", len(have), len(h.body.objects("results")))
}
