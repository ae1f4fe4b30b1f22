package tables

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/store"
)

// confirmFor is how long what a preview counted may be confirmed.
const confirmFor = time.Hour

// records are the tables that tell what was lost, removed or done; a purge would take its own proof away.
var records = []string{store.GapTable, auditTable}

// Predicate makes the filter of a purge; at, in ticks, is its now().
type Predicate func(at int64) (store.RowFilter, error)

// Purge is what a purge removes, or removed.
type Purge struct {
	Table, Where string
	store.Matched
	Confirm string // of a preview: what confirms it, until Expires
	Expires time.Time
}

// PreviewPurge counts the rows of a table, in both tiers, that are there now and that the predicate is true for. Nothing is removed.
func (s *Service) PreviewPurge(ctx context.Context, workspace, name, where string, p Predicate) (Purge, error) {
	out := Purge{Table: name, Where: where}
	if err := s.purgeable(workspace, name); err != nil {
		return out, err
	}
	mark, err := s.store.Mark(ctx, workspace, name)
	if err != nil {
		return out, err
	}
	f, err := p(mark)
	if err != nil {
		return out, err
	}
	if out.Matched, err = s.store.Match(ctx, workspace, name, f, mark); err != nil {
		return out, err
	}
	out.Confirm, out.Expires = confirmation(workspace, name, where, mark, out.Matched), column.ToTime(mark).Add(confirmFor)
	return out, nil
}

func (s *Service) purgeable(workspace, name string) error {
	if _, err := s.find(workspace, name); err != nil {
		return err
	}
	if slices.Contains(records, name) {
		return fault.New(fault.Invalid, "purge_refused", "Rows of table %s cannot be purged: it records what was lost or done. Shorten its retention instead.", name)
	}
	return nil
}

// confirmation binds a confirmation to the table, the predicate, the moment and the very rows.
func confirmation(workspace, name, where string, mark int64, m store.Matched) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %d %d %d", workspace, name, where, mark, m.Rows, m.Sum))
	return strconv.FormatInt(mark, 36) + "-" + hex.EncodeToString(sum[:12])
}

// Purge removes what a preview counted: rows that came later stay. When the predicate is another, or other rows match now, it is an
// error and nothing is removed. SentinelAudit has a row before anything is removed and one of how it ended.
func (s *Service) Purge(ctx context.Context, workspace, name, where, confirm, actor string, p Predicate) (Purge, error) {
	out := Purge{Table: name, Where: where}
	if err := s.purgeable(workspace, name); err != nil {
		return out, err
	}
	first, _, whole := strings.Cut(confirm, "-")
	mark, err := strconv.ParseInt(first, 36, 64)
	if err != nil || !whole || mark < 0 || mark > column.MaxDatetime {
		return out, fault.New(fault.Invalid, "confirm_invalid", "%q confirms no purge. Ask without it first: the answer says what would go and how to confirm it.", confirm)
	}
	if s.now().After(column.ToTime(mark).Add(confirmFor)) {
		return out, fault.New(fault.Conflict, "confirm_expired", "What was counted at %s can no longer be confirmed. Ask for the purge again.", column.ToTime(mark).UTC().Format(time.RFC3339))
	}
	f, err := p(mark)
	if err != nil {
		return out, err
	}
	began := false
	out.Matched, err = s.store.Purge(ctx, workspace, name, f, mark, func(m store.Matched) error {
		if confirmation(workspace, name, where, mark, m) != confirm {
			return fault.New(fault.Conflict, "confirm_mismatch", "The confirmation is for another table, predicate or set of rows than the %d of table %s that match. Nothing was removed. Ask for the purge again and look at what it counts.", m.Rows, name)
		}
		out.Matched = m
		if err := s.audit(ctx, workspace, out, confirm, actor, Started, "Rows are about to be purged."); err != nil {
			return err
		}
		began = true
		return nil
	})
	if !began {
		return out, err
	}
	// The end is recorded also when the one who asked is gone.
	ctx = context.WithoutCancel(ctx)
	if err != nil {
		if aerr := s.audit(ctx, workspace, out, confirm, actor, Failed, err.Error()); aerr != nil {
			err = fmt.Errorf("%w (nor could this be recorded: %v)", err, aerr) //nolint:errorlint // the first error counts
		}
		return out, err
	}
	if err := s.audit(ctx, workspace, out, confirm, actor, Succeeded, "Rows were purged."); err != nil {
		return out, fault.New(fault.Unavailable, "purge_audit", "%d rows of table %s were purged, but the end could not be recorded in %s: %w.", out.Rows, name, auditTable, err)
	}
	return out, nil
}

// audit writes a row about a purge.
func (s *Service) audit(ctx context.Context, workspace string, p Purge, confirm, actor, status, text string) error {
	return s.Record(ctx, workspace, Audit{
		Actor: actor, Operation: "Purge rows", Kind: "Table", Name: p.Table, Status: status, Text: text, Correlation: confirm,
		Properties: map[string]any{"Where": p.Where, "Rows": p.Rows, "Files": p.Parts, "From": column.ToTime(p.From).UTC(), "To": column.ToTime(p.To).UTC()},
	})
}
