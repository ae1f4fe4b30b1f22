// Package feed fills the hub: the events of the last two days at first start, then those of stories, of the ordinary day, and of load tests.
//
// Every message has a source and a number, and the log itself says which numbers are there. After a kill the feeder reads the log from
// its last checkpoint and goes on with the first number that is missing, so no message is doubled and none is left out.
package feed

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/vedette-siem/vedette/internal/simtenant/dice"
	"github.com/vedette-siem/vedette/internal/simtenant/directory"
	"github.com/vedette-siem/vedette/internal/simtenant/hub"
	"github.com/vedette-siem/vedette/internal/simtenant/hunt"
	"github.com/vedette-siem/vedette/internal/simtenant/noise"
	"github.com/vedette-siem/vedette/internal/simtenant/state"
	"github.com/vedette-siem/vedette/internal/simtenant/story"
)

const (
	tick            = 100 * time.Millisecond
	checkpointEvery = 5 * time.Second
	chunk           = 120 // messages published at once
	backfillChunk   = 6 * chunk
	maxCatchUp      = 2 * time.Second
)

// Names of the sources of messages; the stories' are "play/N".
const (
	backfillSource = "backfill"
	liveSource     = "live"
	loadSource     = "load"
)

// Window is how far back the hub's events reach at first start.
const Window = 48 * time.Hour

// Config says what to feed and how fast.
type Config struct {
	Store    *state.Store
	Hub      *hub.Hub
	Dir      *directory.Directory
	Logger   *slog.Logger
	Backfill int     // events of the last two days
	PerSec   float64 // events per second of the ordinary day, before the speed
	Now      func() time.Time
}

// Feeder feeds the hub. Only Run may be called, once.
type Feeder struct {
	cfg      Config
	meta     state.Meta
	next     map[string]int64          // first number not published, per source
	present  map[string]map[int64]bool // numbers beyond next that are in the log already
	plays    map[int]*playFeed
	debtLive float64 // messages owed
	debtLoad float64
	last     time.Time
	told     []int
	dirty    bool // something was published since the last checkpoint
}

type playFeed struct {
	source   string
	messages []timed
}

type timed struct {
	due     time.Time
	records []hunt.Record
}

// New returns a feeder.
func New(cfg Config) *Feeder {
	return &Feeder{cfg: cfg, next: map[string]int64{}, present: map[string]map[int64]bool{}, plays: map[int]*playFeed{}}
}

// Run feeds until ctx ends.
func (f *Feeder) Run(ctx context.Context) error {
	if err := f.recover(ctx); err != nil {
		if ctx.Err() != nil { // stopped before it began
			return nil
		}
		return err
	}
	saved := f.cfg.Now()
	f.last = saved
	for {
		busy, err := f.step(ctx)
		if err != nil {
			return err
		}
		if now := f.cfg.Now(); now.Sub(saved) >= checkpointEvery {
			if err := f.checkpoint(); err != nil {
				return err
			}
			saved = now
		}
		if busy {
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(tick):
		}
	}
}

// recover learns from the log which numbers are there.
func (f *Feeder) recover(ctx context.Context) error {
	f.meta = f.cfg.Store.Meta()
	for s, n := range f.meta.Sources {
		f.next[s] = n
	}
	err := f.cfg.Hub.Read(ctx, f.meta.Offsets, func(e hub.Entry) error {
		if e.Source == "" || e.Seq < f.next[e.Source] {
			return nil
		}
		if f.present[e.Source] == nil {
			f.present[e.Source] = map[int64]bool{}
		}
		f.present[e.Source][e.Seq] = true
		return nil
	})
	if err != nil {
		return err
	}
	return ctx.Err()
}

// checkpoint remembers how far the log was checked. Nothing is in flight when it is called.
func (f *Feeder) checkpoint() error {
	if !f.dirty && len(f.told) == 0 {
		return nil
	}
	f.dirty = false
	ends := f.cfg.Hub.Ends()
	return f.cfg.Store.Update(func(tx *state.Tx) error {
		m := tx.Meta()
		m.Offsets = ends
		for _, n := range f.told {
			p, ok := tx.Play(n)
			if ok && p.Done {
				p.Told = true
				delete(f.next, playSource(n))
				delete(f.plays, n)
			}
		}
		f.told = slices.DeleteFunc(f.told, func(n int) bool { return f.plays[n] == nil })
		m.Sources = map[string]int64{}
		for s, n := range f.next {
			m.Sources[s] = n
		}
		return nil
	})
}

func playSource(n int) string { return fmt.Sprintf("play/%d", n) }

// step publishes what is due and says whether more is waiting.
func (f *Feeder) step(ctx context.Context) (bool, error) {
	now := f.cfg.Now()
	f.meta = f.cfg.Store.Meta()
	gone := min(now.Sub(f.last), maxCatchUp).Seconds()
	f.last = now
	if f.meta.Paused {
		return false, nil
	}
	f.debtLive += gone * f.cfg.PerSec * f.meta.Speed / liveSize
	f.debtLoad += gone * f.meta.Rate / noise.BulkSize
	var batch []hub.Message
	batch = f.addPlays(batch, now)
	batch = f.addLive(batch, now)
	batch = f.addLoad(batch, now)
	batch = f.addBackfill(batch)
	if len(batch) == 0 {
		return false, nil
	}
	if err := f.cfg.Hub.Publish(ctx, batch); err != nil {
		if ctx.Err() != nil {
			return false, nil
		}
		return false, err
	}
	f.dirty = true
	return len(batch) >= chunk, nil
}

// take gives out the next number of a source that is not in the log yet.
func (f *Feeder) take(source string) int64 {
	for {
		n := f.next[source]
		f.next[source] = n + 1
		if !f.present[source][n] {
			return n
		}
		delete(f.present[source], n)
	}
}

func (f *Feeder) message(source string, n int64, records []hunt.Record) hub.Message {
	return hub.Message{Source: source, Seq: n, Body: hunt.AppendMessage(make([]byte, 0, 2048*len(records)), f.cfg.Dir.TenantID, records)}
}

const liveSize = 5 // records of an ordinary message, on average

func size(d *dice.Dice) int { return 1 + d.IntN(2*liveSize-1) }

func (f *Feeder) addLive(batch []hub.Message, now time.Time) []hub.Message {
	src := noise.Source{Dir: f.cfg.Dir, Seed: f.meta.Seed, Name: liveSource, Base: 100_000_000_000}
	for ; f.debtLive >= 1 && len(batch) < chunk; f.debtLive-- {
		n := f.take(liveSource)
		batch = append(batch, f.message(liveSource, n, src.Message(n, now, size(dice.New(f.meta.Seed, liveSource, n)))))
	}
	return batch
}

func (f *Feeder) addLoad(batch []hub.Message, now time.Time) []hub.Message {
	src := noise.Source{Dir: f.cfg.Dir, Seed: f.meta.Seed, Name: loadSource, Base: 1_000_000_000_000, Bulk: true}
	for ; f.debtLoad >= 1 && len(batch) < 4*chunk; f.debtLoad-- {
		n := f.take(loadSource)
		batch = append(batch, f.message(loadSource, n, src.Message(n, now, 0)))
	}
	return batch
}

func (f *Feeder) addBackfill(batch []hub.Message) []hub.Message {
	total := int64(f.cfg.Backfill / liveSize)
	src := noise.Source{Dir: f.cfg.Dir, Seed: f.meta.Seed, Name: backfillSource, Base: 10_000_000}
	for len(batch) < backfillChunk && f.next[backfillSource] < total {
		n := f.take(backfillSource)
		if n >= total {
			f.next[backfillSource] = total
			break
		}
		at := f.meta.Started.Add(-Window + time.Duration(float64(Window)*float64(n)/float64(total)))
		batch = append(batch, f.message(backfillSource, n, src.Message(n, at, size(dice.New(f.meta.Seed, backfillSource, n)))))
	}
	return batch
}

func (f *Feeder) addPlays(batch []hub.Message, now time.Time) []hub.Message {
	for _, p := range f.cfg.Store.Plays() {
		if !p.Told && f.plays[p.N] == nil && !slices.Contains(f.told, p.N) {
			f.plays[p.N] = f.newPlay(p)
		}
	}
	for _, n := range sorted(f.plays) {
		p := f.plays[n]
		for len(batch) < chunk && f.next[p.source] < int64(len(p.messages)) && !p.messages[f.next[p.source]].due.After(now) {
			seq := f.take(p.source)
			if seq >= int64(len(p.messages)) {
				f.next[p.source] = int64(len(p.messages))
				break
			}
			batch = append(batch, f.message(p.source, seq, p.messages[seq].records))
		}
		if f.next[p.source] >= int64(len(p.messages)) && !slices.Contains(f.told, n) {
			f.told = append(f.told, n)
		}
	}
	return batch
}

// newPlay cuts the events of a play into messages: what is exported within two seconds goes together.
func (f *Feeder) newPlay(p *state.Play) *playFeed {
	plan := story.Build(story.Env{Dir: f.cfg.Dir, Seed: f.meta.Seed}, p)
	pf := &playFeed{source: playSource(p.N)}
	for _, r := range plan.Events {
		k := len(pf.messages) - 1
		if k >= 0 && len(pf.messages[k].records) < 8 && r.Exported.Sub(pf.messages[k].records[0].Exported) < 2*time.Second {
			pf.messages[k].records = append(pf.messages[k].records, r)
			pf.messages[k].due = r.Exported
			continue
		}
		pf.messages = append(pf.messages, timed{due: r.Exported, records: []hunt.Record{r}})
	}
	return pf
}

func sorted[K cmp.Ordered, V any](m map[K]V) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
