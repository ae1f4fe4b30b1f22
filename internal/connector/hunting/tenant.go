package hunting

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/msgraph"
)

// Graph is what hunting needs of Microsoft Graph; *msgraph.Client is it.
type Graph interface {
	Hunt(ctx context.Context, query, timespan string, p msgraph.Priority) ([]map[string]json.RawMessage, error)
}

const (
	// LookBack is how far back the tenant keeps events for hunting.
	LookBack = 30 * 24 * time.Hour
	// between is the least time from one query to the next: the API allows 45 calls a minute, and people hunt too.
	between = 2 * time.Second
)

// Tenant asks one tenant. It is safe for concurrent use; queries go one after the other.
type Tenant struct {
	graph Graph
	gap   time.Duration
	mu    sync.Mutex
	last  time.Time
}

// New returns the hunting of a tenant.
func New(g Graph) *Tenant { return &Tenant{graph: g, gap: between} }

// hunt runs a query when it is time for it.
func (t *Tenant) hunt(ctx context.Context, query string) ([]map[string]json.RawMessage, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if wait := t.gap - time.Since(t.last); wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	defer func() { t.last = time.Now() }()
	return t.graph.Hunt(ctx, query, "P30D", msgraph.Reconcile)
}

func literal(t time.Time) string {
	return "datetime(" + t.UTC().Format("2006-01-02T15:04:05.0000000Z") + ")"
}

func within(table string, from, to time.Time) string {
	return fmt.Sprintf("%s | where Timestamp >= %s and Timestamp < %s", table, literal(from), literal(to))
}

// CountByHour returns how many rows the table has in each hour from one time until another, by the start of the hour. Hours
// without rows are not there.
func (t *Tenant) CountByHour(ctx context.Context, table string, from, to time.Time) (map[time.Time]int64, error) {
	rows, err := t.hunt(ctx, within(table, from, to)+" | summarize count() by bin(Timestamp, 1h)")
	if err != nil {
		return nil, err
	}
	out := map[time.Time]int64{}
	for _, r := range rows {
		var n int64
		var text string
		if json.Unmarshal(r["count_"], &n) != nil || json.Unmarshal(r["Timestamp"], &text) != nil {
			return nil, fault.New(fault.Unavailable, "hunting_answer", "Advanced hunting answered a count of %s that cannot be read.", table)
		}
		at, ok := column.ParseDatetime(text)
		if !ok {
			return nil, fault.New(fault.Unavailable, "hunting_answer", "Advanced hunting answered a count of %s for an hour %q that is no time.", table, text)
		}
		out[column.ToTime(at).UTC()] += n
	}
	return out, nil
}

// ErrTooMany means that the answer was cut: ask for less time.
var ErrTooMany = errors.New("the answer has as many rows as a query may return")

// Rows returns the events of the table from one time until another, each as a record of the Streaming API. With ErrTooMany
// the time holds more than a query returns.
func (t *Tenant) Rows(ctx context.Context, table string, from, to time.Time) ([][]byte, error) {
	rows, err := t.hunt(ctx, within(table, from, to))
	if fault.KindOf(err) == fault.TooLarge {
		return nil, ErrTooMany
	}
	if err != nil {
		return nil, err
	}
	if cut(rows) {
		return nil, ErrTooMany
	}
	out := make([][]byte, 0, len(rows))
	for _, r := range rows {
		stamp, ok := r["Timestamp"]
		if !ok {
			return nil, fault.New(fault.Unavailable, "hunting_answer", "Advanced hunting answered a row of %s without a Timestamp.", table)
		}
		for name, v := range r {
			if string(v) == "{}" { // how the service writes an empty time
				delete(r, name)
			}
		}
		b, err := json.Marshal(map[string]any{"time": stamp, "category": "AdvancedHunting-" + table, "properties": r})
		if err != nil {
			return nil, fmt.Errorf("reading a row of %s: %w", table, err)
		}
		out = append(out, b)
	}
	return out, nil
}
