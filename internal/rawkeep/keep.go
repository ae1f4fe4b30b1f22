package rawkeep

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/health"
	"github.com/vedette-siem/vedette/internal/ingest"
)

// Options say how much is kept at first; Set changes that.
type Options struct {
	Dir       string // of this workspace alone; made when something is kept
	Workspace string
	Days      int   // 0 keeps nothing
	MaxBytes  int64 // of the folder; 0 means 10 GB. The oldest go first
	Board     *health.Board
	Logger    *slog.Logger
	Now       func() time.Time
}

const (
	defaultBytes = 10_000_000_000
	rollBytes    = 64 << 20
	rollAge      = time.Hour
	blockBytes   = 1 << 20 // of content, unless a message is longer
	syncEvery    = time.Second
	expireEvery  = time.Minute

	// Component is the name on the health board.
	Component = "connector/defender-xdr/raw"
)

// Keeper keeps the messages of one workspace. It is safe for concurrent use.
type Keeper struct {
	opts Options

	mu    sync.Mutex
	days  int
	most  int64 // bytes
	enc   *zstd.Encoder
	file  *os.File
	begun time.Time // of the open file
	size  int64     // of the open file
	dirty bool
	told  string // the reason on the board; "" when all is well
}

// Open returns the keeper of a folder. Run must be called for old messages to go.
func Open(o Options) (*Keeper, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	k := &Keeper{opts: o, enc: enc}
	return k, k.allow(o.Days, o.MaxBytes)
}

// Set changes for how many days messages are kept, 0 for none, and how many bytes of them, 0 for 10 GB. What is too old or too much then
// goes at once; with no days everything does.
func (k *Keeper) Set(days int, most int64) error {
	if err := k.allow(days, most); err != nil {
		return err
	}
	return k.expire()
}

// allow is Set for the time to come.
func (k *Keeper) allow(days int, most int64) error {
	if most <= 0 {
		most = defaultBytes
	}
	if days > 0 {
		if err := os.MkdirAll(k.opts.Dir, 0o700); err != nil {
			return fault.New(fault.Unavailable, "raw_folder", "The folder of the originals cannot be made: %w.", err)
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.days, k.most = days, most
	if days == 0 {
		return k.roll()
	}
	return nil
}

// Keep keeps messages of a partition of a source. What goes wrong is told on the board and never in the way of the messages.
func (k *Keeper) Keep(source string, partition int32, msgs []ingest.Message) {
	if len(msgs) == 0 {
		return
	}
	now := k.opts.Now().UTC()
	k.mu.Lock()
	if k.days == 0 {
		k.mu.Unlock()
		return
	}
	err := k.add(source, partition, now, msgs)
	well := err == nil && k.told == reasonNotKept
	k.mu.Unlock()
	if k.tell(err); well {
		k.report("", health.OK, "Messages are kept as they came.")
	}
}

func (k *Keeper) add(source string, partition int32, now time.Time, msgs []ingest.Message) error {
	var content []byte
	for i, m := range msgs {
		content = appendEntry(content, Entry{Source: source, Partition: partition, Offset: m.Offset, Time: now, Value: m.Value})
		if len(content) >= blockBytes || i == len(msgs)-1 {
			if err := k.write(block(k.enc, content, now, now), now); err != nil {
				return err
			}
			content = content[:0]
		}
	}
	return nil
}

// write appends a block to the open file, or to a new one.
func (k *Keeper) write(b []byte, now time.Time) error {
	if k.file != nil && (k.size >= rollBytes || now.Sub(k.begun) >= rollAge) {
		if err := k.roll(); err != nil {
			return err
		}
	}
	for at := now.UnixMicro(); k.file == nil; at++ {
		f, err := os.OpenFile(filepath.Join(k.opts.Dir, strconv.FormatInt(at, 10)+suffix), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if errors.Is(err, os.ErrExist) {
			continue
		}
		if err != nil {
			return err
		}
		k.file, k.begun, k.size = f, now, 0
	}
	n, err := k.file.Write(b)
	k.size += int64(n)
	k.dirty = true
	if err != nil { // the file ends in the middle of a block: go on in another
		return errors.Join(err, k.roll())
	}
	return nil
}

// roll ends the open file.
func (k *Keeper) roll() error {
	if k.file == nil {
		return nil
	}
	err := errors.Join(k.file.Sync(), k.file.Close())
	k.file, k.dirty = nil, false
	return err
}

func (k *Keeper) sync() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.dirty || k.file == nil {
		return nil
	}
	k.dirty = false
	return k.file.Sync()
}

// Run syncs what was written and removes what is too old or too much, until ctx ends. Then everything is on disk.
func (k *Keeper) Run(ctx context.Context) error {
	t := time.NewTicker(syncEvery)
	defer t.Stop()
	expire := time.Time{}
	for {
		if now := k.opts.Now(); now.Sub(expire) >= expireEvery {
			expire = now
			k.tell(k.expire())
		}
		select {
		case <-t.C:
			if err := k.sync(); err != nil {
				k.tell(err)
			}
		case <-ctx.Done():
			return k.Close()
		}
	}
}

// Close ends the open file. More can be kept after it.
func (k *Keeper) Close() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.roll()
}

// expire removes files whose messages are all too old, and the oldest while the folder is too large.
func (k *Keeper) expire() error {
	list, err := segments(k.opts.Dir)
	if err != nil {
		return err
	}
	k.mu.Lock()
	open := ""
	if k.file != nil {
		open = k.file.Name()
	}
	days, most, told := k.days, k.most, k.told
	k.mu.Unlock()
	total := int64(0)
	for _, s := range list {
		total += s.size
	}
	now, keep := k.opts.Now(), time.Duration(days)*24*time.Hour
	cut := false
	kept := 0
	for i, s := range list {
		ended := days == 0 || i+1 < len(list) && !list[i+1].first.After(now.Add(-keep)) || now.Sub(s.first) > rollAge+keep
		if s.path == open || !ended && total <= most {
			kept++
			continue
		}
		cut = cut || !ended
		if err := os.Remove(s.path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		total -= s.size
	}
	switch {
	case cut:
		k.report(reasonFull, health.Warning, fmt.Sprintf("The originals of less than %d days are kept: they would take more than %d MB. Let them have more room, or keep them for fewer days: vedette raw set.", days, most>>20))
	case told == reasonFull && (kept == 0 || total < most/2 || now.Sub(list[len(list)-kept].first) >= keep):
		k.report("", health.OK, "Messages are kept as they came.")
	}
	return nil
}

const (
	reasonFull    = "raw_full"
	reasonNotKept = "raw_not_kept"
)

// report puts the state onto the board; no reason means that all is well.
func (k *Keeper) report(reason string, status health.Status, text string) {
	k.mu.Lock()
	k.told = reason
	k.mu.Unlock()
	if k.opts.Board != nil {
		k.opts.Board.Report(health.Report{Workspace: k.opts.Workspace, Component: Component, Status: status, Reason: reason, Description: text})
	}
}

// tell reports whether messages can be kept.
func (k *Keeper) tell(err error) {
	if err == nil {
		return
	}
	k.opts.Logger.Warn("originals not kept", "workspace", k.opts.Workspace, "err", err)
	k.report(reasonNotKept, health.Failure, "Messages are stored as rows, but their originals are not kept: "+err.Error()+". Make room, or see to the folder's rights.")
}

// State is what is kept.
type State struct {
	Days     int       `json:"days"` // 0: none are kept
	MaxBytes int64     `json:"maxBytes"`
	Files    int       `json:"files"`
	Bytes    int64     `json:"bytes"`
	From     time.Time `json:"from,omitzero"` // when the oldest message that is kept was taken in
	// ChangedBy chose this at ChangedAt; nobody did when it is as configured.
	ChangedBy string    `json:"changedBy,omitempty"`
	ChangedAt time.Time `json:"changedAt,omitzero"`
}

// State returns what is kept.
func (k *Keeper) State() (State, error) {
	list, err := segments(k.opts.Dir)
	k.mu.Lock()
	st := State{Days: k.days, MaxBytes: k.most, Files: len(list)}
	k.mu.Unlock()
	for _, s := range list {
		st.Bytes += s.size
	}
	if len(list) > 0 {
		st.From = list[0].first
	}
	return st, err
}

// Read calls f with the messages that were taken in from one time until another, in order. A damaged file is left at its damage and the
// next one read; the error tells of it in the end.
func (k *Keeper) Read(ctx context.Context, from, to time.Time, f func(Entry) error) error {
	list, err := segments(k.opts.Dir)
	if err != nil {
		return err
	}
	var damage []error
	for i, s := range list {
		if !s.first.Before(to) || i+1 < len(list) && list[i+1].first.Before(from) {
			continue
		}
		var stop error
		err := s.read(from, to, func(content []byte) error {
			stop = entries(content, func(e Entry) error {
				if err := ctx.Err(); err != nil {
					return err
				}
				if e.Time.Before(from) || !e.Time.Before(to) {
					return nil
				}
				return f(e)
			})
			return stop
		})
		switch {
		case stop != nil && !errors.Is(stop, errBlock):
			return stop
		case errors.Is(err, os.ErrNotExist): // removed meanwhile
		case err != nil:
			damage = append(damage, err)
		}
	}
	return errors.Join(damage...)
}
