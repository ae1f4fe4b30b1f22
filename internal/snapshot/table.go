package snapshot

import (
	"strings"
	"time"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/model"
	"github.com/vedette-siem/vedette/internal/normalize"
	"github.com/vedette-siem/vedette/internal/schema"
)

// How often tables are fetched.
const (
	Daily       = 24 * time.Hour
	leastState  = time.Hour
	leastEvents = 5 * time.Minute
	mostEvery   = 30 * 24 * time.Hour
)

// kindOf returns the kind that a table has if nobody says otherwise.
func kindOf(table string) string {
	if t, ok := schema.Builtin().Table(table); ok && t.Streamed {
		return model.SnapshotEvents
	}
	if t, ok := schema.Builtin().Table(table); ok && t.Pulled {
		return model.SnapshotState
	}
	return model.SnapshotEvents
}

// splitBy returns the expression whose hash divides a table into parts.
func splitBy(table string) string {
	t, ok := schema.Builtin().Table(table)
	if ok {
		for _, name := range []string{"DeviceId", "CveId", "ConfigurationId"} {
			if _, ok := t.Column(name); ok {
				return name
			}
		}
	}
	return "tostring(pack_all())"
}

// check says why a table cannot be fetched so, or nil.
func check(table, kind string, every time.Duration) error {
	t, known := schema.Builtin().Table(table)
	switch {
	case !normalize.ValidTable(table):
		return fault.New(fault.Invalid, "snapshot_table", "%q is not the name of a table.", table)
	case known && !t.Streamed && !t.Pulled, strings.HasSuffix(strings.ToLower(table), "_cl"):
		return fault.New(fault.Invalid, "snapshot_table", "%s is written by Vedette itself; there is nothing to fetch of it.", table)
	case kind != model.SnapshotState && kind != model.SnapshotEvents:
		return fault.New(fault.Invalid, "snapshot_kind", "A snapshot's kind is %s (the whole table each time) or %s (its new rows), not %q.", model.SnapshotState, model.SnapshotEvents, kind)
	case kind == model.SnapshotState && known && t.Streamed:
		return fault.New(fault.Invalid, "snapshot_kind", "%s has events; fetch it with the kind %s.", table, model.SnapshotEvents)
	}
	least := leastState
	if kind == model.SnapshotEvents {
		least = leastEvents
	}
	if every < least || every > mostEvery {
		return fault.New(fault.Invalid, "snapshot_every", "A snapshot of %s can be fetched every %s to every %s: the tenant's hunting has a quota.", table, least, mostEvery)
	}
	return nil
}

// defaults are the snapshots that a workspace has before anybody changes them.
func defaults() []model.Snapshot {
	var out []model.Snapshot
	for _, t := range schema.Builtin().Tables() {
		if t.Pulled {
			out = append(out, model.Snapshot{Table: t.Name, Kind: model.SnapshotState, On: true, Every: Daily, State: model.SnapshotWaiting})
		}
	}
	return out
}
