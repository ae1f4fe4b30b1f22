package evidencebench

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/vedette-siem/vedette/internal/content"
	"github.com/vedette-siem/vedette/internal/engine"
	"github.com/vedette-siem/vedette/internal/ingest"
	"github.com/vedette-siem/vedette/internal/meta"
	"github.com/vedette-siem/vedette/internal/query"
	"github.com/vedette-siem/vedette/internal/simtenant/directory"
	"github.com/vedette-siem/vedette/internal/simtenant/hunt"
	"github.com/vedette-siem/vedette/internal/simtenant/noise"
	"github.com/vedette-siem/vedette/internal/simtenant/state"
	"github.com/vedette-siem/vedette/internal/simtenant/story"
	"github.com/vedette-siem/vedette/internal/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	workspace = "bench"
	// form counts the changes of what is made; a folder of another form is made again.
	form        = 2
	storiesADay = 6
)

// world is the days, opened for queries.
type world struct {
	queries *query.Service
	alerts  []string // ids, the oldest first
	stories int      // their incidents are numbered from 1
	rows    int64
}

// now is the end of the last day.
var now = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

// open returns the days in a folder, made when they are not there.
func open(t testing.TB, dir string, days, rowsADay int) *world {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	db, err := meta.Open(t.Context(), filepath.Join(dir, "state.db"))
	if err != nil {
		t.Fatal(err)
	}
	st, err := store.Open(t.Context(), store.Options{Dir: dir, Manifest: db, Logger: slog.New(slog.DiscardHandler), TailBytes: 512 << 20, MaxTailBytes: 1 << 30, SealAge: 24 * time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{}
	plays := tell(days)
	if _, err := os.Stat(filepath.Join(dir, "whole")); err != nil {
		if err := build(t.Context(), st, plays, days, rowsADay); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "whole"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	w.stories = len(plays)
	for _, p := range plays {
		for _, d := range p.Drops {
			w.alerts = append(w.alerts, d.Alert.ID)
		}
	}
	eng, err := engine.New(engine.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	w.queries = query.New(query.Config{
		Store: st, Engine: eng, Now: func() time.Time { return now }, Names: map[string]string{workspace: workspace},
		Limits: query.Limits{Timeout: 10 * time.Minute, Rows: 500_000, Bytes: 64 << 20, Memory: 1 << 30, Parallel: 1},
		Functions: func(string) map[string]string {
			out := map[string]string{}
			for _, f := range content.Of("defender-xdr").Functions {
				out[f.Name] = f.Source()
			}
			return out
		},
	})
	t.Cleanup(func() {
		if err := errors.Join(eng.Close(), st.Close(), db.Close()); err != nil {
			t.Error(err)
		}
	})
	for _, s := range st.TableStats(workspace) {
		w.rows += s.Rows
	}
	return w
}

func env() story.Env {
	return story.Env{Dir: directory.New(7, directory.Size{People: 300, Devices: 500}), Seed: 7}
}

// tell makes the stories of the days.
func tell(days int) []*story.Plan {
	e := env()
	names, _ := story.Names()
	var out []*story.Plan
	for i := range days * storiesADay {
		at := now.Add(-time.Duration(days)*24*time.Hour + time.Duration(i)*24*time.Hour/storiesADay)
		out = append(out, story.Build(e, &state.Play{N: i + 1, Story: names[i%len(names)], Started: at, Speed: 4}))
	}
	return out
}

// build stores stories and noise day by day, each day sealed.
func build(ctx context.Context, st *store.Store, plays []*story.Plan, days, rowsADay int) error {
	dec := ingest.NewIntake(workspace, st.Catalog(workspace)).Decoder("hub/bench", 0)
	next := int64(0)
	put := func(records []hunt.Record) error {
		for chunk := range slices.Chunk(records, 500) {
			f, counts := dec.Decode(next, []ingest.Message{{Offset: next, Time: chunk[0].Exported, Value: hunt.AppendMessage(nil, "t", chunk)}}, ingest.All())
			if _, dead := counts.Records(); dead > 0 {
				return fmt.Errorf("%d dead letters", dead)
			}
			if _, err := st.Append(ctx, f); err != nil {
				return err
			}
			next++
		}
		return nil
	}
	src := noise.Source{Dir: env().Dir, Seed: 7, Name: "bench", Base: 10_000_000}
	message := int64(0)
	for day := range days {
		begin := now.Add(-time.Duration(days-day) * 24 * time.Hour)
		for i, p := range plays[day*storiesADay : (day+1)*storiesADay] {
			if err := put(p.Events); err != nil {
				return err
			}
			if err := tellIncident(ctx, st, day*storiesADay+i+1, begin.Add(time.Duration(i)*24*time.Hour/storiesADay), p); err != nil {
				return err
			}
		}
		var batch []hunt.Record
		for n := 0; n < rowsADay; {
			at := begin.Add(time.Duration(float64(24*time.Hour) * float64(n) / float64(rowsADay)))
			rec := src.Message(message, at, 40)
			message++
			n += len(rec)
			if batch = append(batch, rec...); len(batch) > 5000 {
				if err := put(batch); err != nil {
					return err
				}
				batch = batch[:0]
			}
		}
		if err := put(batch); err != nil {
			return err
		}
		if err := st.SealAll(ctx); err != nil {
			return err
		}
	}
	return st.Compact(ctx)
}
