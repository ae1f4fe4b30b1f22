package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// reserveFile keeps space free of which nobody else can take: it is removed when the disk is full, so that state and records of what was done can
// still be written.
const reserveFile = "reserve"

// reserveLook is how often free space is looked at.
const reserveLook = time.Second

// reserve is the space that is kept.
type reserve struct {
	path string
	size int64

	mu   sync.Mutex
	held bool
}

// reserveLoop keeps the reserve until Close.
func (s *Store) reserveLoop() {
	defer s.wg.Done()
	if s.opts.Reserve == 0 {
		return
	}
	t := time.NewTicker(reserveLook)
	defer t.Stop()
	for {
		s.keepReserve()
		select {
		case <-s.done:
			return
		case <-t.C:
		}
	}
}

// keepReserve gives the reserve up when little is free beside it, and takes it again once intake has room and more.
func (s *Store) keepReserve() {
	free, err := freeBytes(s.opts.Dir)
	if err != nil {
		return
	}
	switch held := s.reserve.isHeld(); {
	case held && free < s.opts.Reserve/2:
		s.spendReserve()
	case !held && free >= s.opts.MinFree+2*s.opts.Reserve:
		if err := s.reserve.take(); err != nil {
			s.log.Warn("No space could be reserved for a full disk; it is tried again.", "bytes", s.reserve.size, "err", err)
		}
	}
}

// spendReserve frees the reserved space. It reports whether there was any.
func (s *Store) spendReserve() bool {
	freed, err := s.reserve.spend()
	if err != nil {
		s.log.Error("The space that is reserved for a full disk could not be freed.", "err", err)
	}
	if freed {
		s.counters.reserves.Add(1)
		s.log.Warn("The disk is full. The reserved space was freed: state and records of what is done can be written, nothing is taken in.", "bytes", s.reserve.size)
	}
	return freed
}

func (r *reserve) isHeld() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.held
}

// open finds what an earlier process left.
func (r *reserve) open() {
	r.mu.Lock()
	defer r.mu.Unlock()
	st, err := os.Stat(r.path)
	r.held = err == nil && st.Size() == r.size
}

// take makes the file, with all its blocks.
func (r *reserve) take() (err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f, err := os.OpenFile(r.path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	err = allocate(f, r.size)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(fmt.Errorf("reserving space: %w", err), os.Remove(r.path))
	}
	r.held = true
	return nil
}

// spend removes the file.
func (r *reserve) spend() (freed bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	freed, r.held = r.held, false
	if err := os.Remove(r.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	return freed, nil
}

// fillZeros writes the bytes: for file systems that cannot allocate. Zeros could be left out by a file system that compresses, which then
// has no less room than without.
func fillZeros(f *os.File, size int64) error {
	chunk := make([]byte, 1<<20)
	for size > 0 {
		n, err := f.Write(chunk[:min(size, int64(len(chunk)))])
		if err != nil {
			return err
		}
		size -= int64(n)
	}
	return nil
}

func newReserve(dir string, size int64) *reserve {
	r := &reserve{path: filepath.Join(dir, reserveFile), size: size}
	r.open()
	return r
}
