package deadletter

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/ingest"
	"github.com/vedette-siem/vedette/internal/store"
)

// Letter is one record that could not become a row.
type Letter struct {
	ID        string    `json:"id"`
	Time      time.Time `json:"time"` // when it was refused
	Source    string    `json:"source"`
	Partition int32     `json:"partition"`
	Position  int64     `json:"position"`
	Ordinal   int       `json:"ordinal"` // place in the message
	Table     string    `json:"table"`   // "" when it cannot be told
	Reason    string    `json:"reason"`  // a word of normalize.Reason
	Detail    string    `json:"detail"`
	Size      int64     `json:"size"` // bytes of the record; more than Content has when it was cut
	SHA256    string    `json:"sha256"`
	Replayed  bool      `json:"replayed"`
	// Content is the beginning of the record, at most 64 KB. Lists leave it out.
	Content string `json:"content,omitempty"`
}

// whole reports whether Content is the record itself, byte for byte.
func (l *Letter) whole() bool {
	if int64(len(l.Content)) != l.Size {
		return false
	}
	sum := sha256.Sum256([]byte(l.Content))
	return hex.EncodeToString(sum[:]) == l.SHA256
}

// src is the provenance that row number i of the letter has.
func (l *Letter) src(i int) string {
	return l.Source + "/" + strconv.Itoa(int(l.Partition)) + "/" + strconv.FormatInt(l.Position, 10) + "/" + strconv.Itoa(l.Ordinal+i)
}

// Filter chooses letters. Empty fields choose all.
type Filter struct {
	IDs    []string  `json:"ids"`
	Source string    `json:"source"` // the source, or what stands before one of its slashes: "hub" or "hub/insights-logs"
	Table  string    `json:"table"`
	Reason string    `json:"reason"`
	Since  time.Time `json:"since"` // refused at this time or later
}

func (f *Filter) matches(l *Letter, ids map[string]bool) bool {
	return (len(ids) == 0 || ids[l.ID]) &&
		(f.Source == "" || l.Source == f.Source || strings.HasPrefix(l.Source, strings.TrimSuffix(f.Source, "/")+"/")) &&
		(f.Table == "" || l.Table == f.Table) && (f.Reason == "" || l.Reason == f.Reason) && !l.Time.Before(f.Since)
}

var letterColumns = []string{"_ItemId", "TimeGenerated", "Source", "Partition", "Position", "Ordinal", "TableName", "Reason", "Detail", "Size", "Sha256", "Content"}

// scan calls each for the letters that the filter chooses, in no order. Without content, Content is empty.
func scan(ctx context.Context, snap *store.Snapshot, f Filter, content bool, each func(*Letter) error) error {
	done, err := replayed(ctx, snap)
	if err != nil {
		return err
	}
	ids := map[string]bool{}
	for _, id := range f.IDs {
		ids[strings.ToLower(id)] = true
	}
	cols := letterColumns
	if !content {
		cols = cols[:len(cols)-1]
	}
	spec := store.ScanSpec{Table: ingest.DeadLetterTable, Columns: cols}
	if !f.Since.IsZero() {
		spec.MinTime = column.FromTime(f.Since)
	}
	return rows(ctx, snap, spec, func(b *column.Batch, i int) error {
		str := func(c int) string { return b.Cols[c].Strings[i] }
		num := func(c int) int64 { return b.Cols[c].Ints[i] }
		partition, err := strconv.ParseInt(str(3), 10, 32)
		if err != nil {
			partition = -1 // not written by this product; shown as it is
		}
		l := &Letter{
			ID: str(0), Time: column.ToTime(num(1)), Source: str(2), Partition: int32(partition), Position: num(4), Ordinal: int(num(5)),
			Table: str(6), Reason: str(7), Detail: str(8), Size: num(9), SHA256: str(10), Replayed: done[str(0)],
		}
		if content {
			l.Content = str(11)
		}
		if !f.matches(l, ids) {
			return nil
		}
		return each(l)
	})
}

// replayed returns the ids of the letters that were stored later.
func replayed(ctx context.Context, snap *store.Snapshot) (map[string]bool, error) {
	ids := map[string]bool{}
	err := rows(ctx, snap, store.ScanSpec{Table: ReplayTable, Columns: []string{"LetterId"}}, func(b *column.Batch, i int) error {
		ids[b.Cols[0].Strings[i]] = true
		return nil
	})
	return ids, err
}

// rows calls each for every row of a scan.
func rows(ctx context.Context, snap *store.Snapshot, spec store.ScanSpec, each func(b *column.Batch, i int) error) (err error) {
	r, err := snap.Scan(ctx, spec)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	for {
		b, err := r.Next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		for i := range b.N {
			if err := each(b, i); err != nil {
				return err
			}
		}
	}
}
