package hunting

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/msgraph"
)

// Count returns how many rows a table has now.
func (t *Tenant) Count(ctx context.Context, table string) (int64, error) {
	rows, err := t.hunt(ctx, table+" | count")
	if err != nil {
		return 0, gone(table, err)
	}
	var n int64
	if len(rows) != 1 || json.Unmarshal(rows[0]["Count"], &n) != nil {
		return 0, fault.New(fault.Unavailable, "hunting_answer", "Advanced hunting answered a count of %s that cannot be read.", table)
	}
	return n, nil
}

// Part returns the rows of a table whose value in the column by falls into one part of a number of parts; one part is the
// whole table. Values are JSON; what is empty is left out. With ErrTooMany the part holds more than a query returns: a part
// p of n is the parts p and p+n of 2n.
func (t *Tenant) Part(ctx context.Context, table, by string, part, of int) ([]map[string]json.RawMessage, error) {
	query := table
	if of > 1 {
		query = fmt.Sprintf("%s | where hash(%s, %d) == %d", table, by, of, part)
	}
	rows, err := t.hunt(ctx, query)
	if fault.KindOf(err) == fault.TooLarge {
		return nil, ErrTooMany
	}
	if err != nil {
		return nil, gone(table, err)
	}
	if cut(rows) {
		return nil, ErrTooMany
	}
	for _, r := range rows {
		dropEmpty(r)
	}
	return rows, nil
}

// answerBytes is a little below the 50 MB above which the service cuts an answer.
const answerBytes = 48 << 20

// cut reports whether the answer has as much as one can have: the service may have left rows out.
func cut(rows []map[string]json.RawMessage) bool {
	if len(rows) >= msgraph.HuntingRows {
		return true
	}
	size := 0
	for _, r := range rows {
		for name, v := range r {
			size += len(name) + len(v) + 4 // quotes, colon, comma
		}
	}
	return size >= answerBytes
}

// dropEmpty removes what the service writes for an empty time or object.
func dropEmpty(r map[string]json.RawMessage) {
	for name, v := range r {
		if s := string(v); s == "{}" || s == "null" {
			delete(r, name)
		}
	}
}

// Missing is the code of the error about a table that the tenant's hunting does not know, such as for want of a licence.
const Missing = "hunting_table_missing"

// gone tells apart that the tenant refuses a query of nothing but a table: it does not know that.
func gone(table string, err error) error {
	if re, ok := errors.AsType[*msgraph.ResponseError](err); ok && re.Status == http.StatusBadRequest {
		return fault.New(fault.NotFound, Missing, "The tenant's advanced hunting has no table %s: %w. It may need a licence that the tenant does not have.", table, err)
	}
	return err
}
