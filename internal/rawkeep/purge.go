package rawkeep

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"
)

// Purge removes the messages for which gone says yes, from all files, and returns how many. A file with damage is removed whole: what is
// in it cannot be told. A file without such messages stays as it is.
func (k *Keeper) Purge(ctx context.Context, gone func(Entry) (bool, error)) (removed int64, err error) {
	if err := k.Close(); err != nil { // what comes from now on goes into another file
		return 0, err
	}
	list, err := segments(k.opts.Dir)
	if err != nil {
		return 0, err
	}
	k.mu.Lock()
	open := ""
	if k.file != nil {
		open = k.file.Name()
	}
	k.mu.Unlock()
	for _, s := range list {
		if s.path == open {
			continue // begun after the purge
		}
		n, err := k.purge(ctx, s, gone)
		removed += n
		if err != nil {
			return removed, err
		}
	}
	return removed, nil
}

// purge writes one file anew without the messages.
func (k *Keeper) purge(ctx context.Context, s segment, gone func(Entry) (bool, error)) (removed int64, err error) {
	tmp, err := os.CreateTemp(k.opts.Dir, filepath.Base(s.path)+".*.tmp")
	if err != nil {
		return 0, err
	}
	defer func() {
		if rm := os.Remove(tmp.Name()); rm != nil && !errors.Is(rm, os.ErrNotExist) {
			err = errors.Join(err, rm)
		}
	}()
	var stop error
	bad := s.read(time.Time{}, time.Unix(1<<40, 0), func(content []byte) error {
		var keep []byte
		var first, last time.Time
		stop = entries(content, func(e Entry) error {
			if err := ctx.Err(); err != nil {
				return err
			}
			away, err := gone(e)
			if err != nil {
				return err
			}
			if away {
				removed++
				return nil
			}
			if first.IsZero() {
				first = e.Time
			}
			last = e.Time
			keep = appendEntry(keep, e)
			return nil
		})
		if stop == nil && len(keep) > 0 {
			k.mu.Lock()
			b := block(k.enc, keep, first, last)
			k.mu.Unlock()
			_, stop = tmp.Write(b)
		}
		return stop
	})
	err = errors.Join(tmp.Sync(), tmp.Close())
	switch {
	case stop != nil && !errors.Is(stop, errBlock):
		return removed, errors.Join(stop, err)
	case err != nil:
		return removed, err
	case bad != nil:
		k.opts.Logger.WarnContext(ctx, "damaged originals removed by a purge", "file", filepath.Base(s.path), "err", bad)
		return removed, os.Remove(s.path)
	case removed == 0:
		return 0, nil
	}
	return removed, os.Rename(tmp.Name(), s.path)
}
