package snapshot

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/ingest"
	"github.com/vedette-siem/vedette/internal/model"
	"github.com/vedette-siem/vedette/internal/store"
)

const (
	partRows  = 50_000 // that a part should have: half of what a query returns
	mostParts = 4096
	frameRows = 5000
)

// state reads a table whole, or what an interrupted run lacks.
func (s *Service) state(ctx context.Context, w *Workspace, j *model.Snapshot) error {
	have := map[int64]struct{}{}
	run := s.copy(j)
	if run.Parts == 0 || s.now().Sub(run.Time) > resumeWithin {
		n, err := w.Tenant.Count(ctx, run.Table)
		if err != nil {
			return err
		}
		run = s.note(ctx, w.ID, j, func() {
			j.Time, j.Rows, j.Done, j.Parts = s.now(), 0, 0, int(min(mostParts, max(1, (n+partRows-1)/partRows)))
		})
	} else if err := s.stored(ctx, w, &run, have); err != nil {
		return err
	}
	for run.Done < run.Parts {
		n, err := s.part(ctx, w, &run, run.Done, run.Parts, have)
		if err != nil {
			return err
		}
		run = s.note(ctx, w.ID, j, func() { j.Done, j.Rows = j.Done+1, j.Rows+n })
	}
	return nil
}

// source is the provenance of a run's rows.
func source(j *model.Snapshot) string {
	return "snapshot/" + j.Table + "/" + strconv.FormatInt(j.Time.UnixMilli(), 10)
}

// stored notes which rows of the run are stored.
func (s *Service) stored(ctx context.Context, w *Workspace, j *model.Snapshot, have map[int64]struct{}) (err error) {
	snap := s.cfg.Store.Snapshot(w.ID)
	defer snap.Close()
	if _, ok := snap.Catalog().Table(j.Table); !ok {
		return nil
	}
	at := column.FromTime(j.Time)
	r, err := snap.Scan(ctx, store.ScanSpec{Table: j.Table, Columns: []string{store.SrcColumn}, MinTime: at, MaxTime: at + 1})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	prefix := source(j) + "/0/"
	for {
		b, err := r.Next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		for _, src := range b.Cols[0].Strings {
			if rest, ok := strings.CutPrefix(src, prefix); ok {
				id, _, _ := strings.Cut(rest, "/")
				if n, err := strconv.ParseInt(id, 10, 64); err == nil {
					have[n] = struct{}{}
				}
			}
		}
	}
}

// part stores one part, by halves where it is too large, and returns how many rows were not there.
func (s *Service) part(ctx context.Context, w *Workspace, j *model.Snapshot, part, of int, have map[int64]struct{}) (int64, error) {
	rows, err := w.Tenant.Part(ctx, j.Table, splitBy(j.Table), part, of)
	if err != nil && s.cfg.TooMany(err) {
		if of >= mostParts {
			return 0, fault.New(fault.TooLarge, "snapshot_too_large", "A single value of %s in %s has more rows than a hunting query returns. Fetch the table with the kind %s, or export it.", splitBy(j.Table), j.Table, model.SnapshotEvents)
		}
		n, err := s.part(ctx, w, j, part, 2*of, have)
		if err != nil {
			return n, err
		}
		more, err := s.part(ctx, w, j, part+of, 2*of, have)
		return n + more, err
	}
	if err != nil {
		return 0, err
	}
	msgs := make([]ingest.Message, 0, len(rows))
	for _, r := range rows {
		m, err := message(j, r)
		if err != nil {
			return 0, err
		}
		if _, ok := have[m.Offset]; !ok {
			have[m.Offset] = struct{}{}
			msgs = append(msgs, m)
		}
	}
	return int64(len(msgs)), s.store(ctx, w, j, msgs)
}

// message is a row as a record of the Streaming API. Its position is a hash of what the row says, so that a run has it once.
func message(j *model.Snapshot, row map[string]json.RawMessage) (ingest.Message, error) {
	if t, ok := row["Timestamp"]; ok { // TimeGenerated is the run's time
		row["RowTimestamp"] = t
		delete(row, "Timestamp")
	}
	props, err := json.Marshal(row)
	if err != nil {
		return ingest.Message{}, fmt.Errorf("reading a row of %s: %w", j.Table, err)
	}
	sum := sha256.Sum256(props)
	b := fmt.Appendf(nil, `{"time":%q,"category":"AdvancedHunting-%s","properties":%s}`, j.Time.Format("2006-01-02T15:04:05.0000000Z"), j.Table, props)
	return ingest.Message{Offset: int64(binary.BigEndian.Uint64(sum[:]) >> 1), Time: j.Time, Value: b}, nil
}

// store stores rows in frames.
func (s *Service) store(ctx context.Context, w *Workspace, j *model.Snapshot, msgs []ingest.Message) error {
	dec := w.Intake.Puller(source(j))
	for chunk := range slices.Chunk(msgs, frameRows) {
		size := int64(0)
		for _, m := range chunk {
			size += int64(len(m.Value))
		}
		release, err := s.cfg.Budget.Backlog(ctx, size)
		if err != nil {
			return err
		}
		f, counts := dec.Decode(0, chunk, ingest.Only(j.Table))
		f.Covers, f.Gaps = nil, nil
		err = ingest.AppendHalves(ctx, s.cfg.Store, f)
		release()
		if err != nil {
			return err
		}
		if s.cfg.Stored != nil {
			s.cfg.Stored(w.ID, counts)
		}
	}
	return nil
}

const (
	eventsWindow = time.Hour
	eventsBack   = 30 * 24 * time.Hour
	// eventsSettle is how young events may be: what the tenant takes in later is found by the overlap.
	eventsSettle  = 10 * time.Minute
	eventsOverlap = time.Hour
)

// events reads a table on from where the last run ended, by the hour; rows that are stored already are left alone.
func (s *Service) events(ctx context.Context, w *Workspace, j *model.Snapshot) error {
	now, run := s.now(), s.copy(j)
	from := run.Cursor.Add(-eventsOverlap)
	if oldest := now.Add(-eventsBack).Truncate(time.Hour).Add(time.Hour); run.Cursor.IsZero() || from.Before(oldest) {
		from = oldest
	}
	to := now.Add(-eventsSettle)
	windows := max(0, int((to.Sub(from)+eventsWindow-1)/eventsWindow))
	s.note(ctx, w.ID, j, func() { j.Time, j.Rows, j.Done, j.Parts = now, 0, 0, windows })
	for from.Before(to) {
		end := from.Add(eventsWindow)
		if end.After(to) {
			end = to
		}
		n, err := s.cfg.Events(ctx, w.ID, run.Table, from, end)
		if err != nil {
			return err
		}
		s.note(ctx, w.ID, j, func() { j.Cursor, j.Done, j.Rows = later(j.Cursor, end), j.Done+1, j.Rows+n })
		from = end
	}
	return nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
