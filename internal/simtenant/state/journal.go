package state

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/vedette-siem/vedette/internal/simtenant/directory"
)

// entry is one line of the log: the new values of everything the transaction changed.
type entry struct {
	Meta      *Meta       `json:",omitempty"`
	Incidents []*Incident `json:",omitempty"`
	Alerts    []*Alert    `json:",omitempty"`
	Plays     []*Play     `json:",omitempty"`
	Actions   []*Action   `json:",omitempty"`
	Finished  []int64     `json:",omitempty"` // actions that are done

	Changes []directory.Change `json:",omitempty"` // of the directory, new ones
}

// journal is the append-only file of entries. A line without its newline is a transaction nobody saw.
type journal struct {
	f    *os.File
	path string
	size int64
}

// openJournal replays every whole line into apply and cuts off a torn tail.
func openJournal(path string, apply func(*entry)) (*journal, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the tenant's log: %w", err)
	}
	j := &journal{f: f, path: path}
	r := bufio.NewReaderSize(f, 1<<20)
	for {
		line, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("reading %s: %w", path, err), f.Close())
		}
		e := new(entry)
		if err := json.Unmarshal(line, e); err != nil {
			return nil, errors.Join(fmt.Errorf("reading %s at byte %d: %w", path, j.size, err), f.Close())
		}
		apply(e)
		j.size += int64(len(line))
	}
	if err := f.Truncate(j.size); err != nil {
		return nil, errors.Join(fmt.Errorf("cutting the torn tail of %s: %w", path, err), f.Close())
	}
	if _, err := f.Seek(j.size, io.SeekStart); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return j, nil
}

// append makes the entry durable.
func (j *journal) append(e *entry) error {
	b, err := encodeEntry(e)
	if err != nil {
		return err
	}
	if _, err := j.f.Write(b); err != nil {
		return fmt.Errorf("writing %s: %w", j.path, err)
	}
	if err := j.f.Sync(); err != nil {
		return fmt.Errorf("syncing %s: %w", j.path, err)
	}
	j.size += int64(len(b))
	return nil
}

func encodeEntry(e *entry) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(e); err != nil {
		return nil, fmt.Errorf("encoding a change of the tenant: %w", err)
	}
	return b.Bytes(), nil
}

// rewrite replaces the whole log by one that holds only the entries.
func (j *journal) rewrite(entries []*entry) error {
	tmp, err := os.OpenFile(j.path+".new", os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("rewriting %s: %w", j.path, err)
	}
	next := &journal{f: tmp, path: j.path}
	for _, e := range entries {
		b, err := encodeEntry(e)
		if err == nil {
			_, err = tmp.Write(b)
		}
		if err != nil {
			return errors.Join(fmt.Errorf("rewriting %s: %w", j.path, err), tmp.Close())
		}
		next.size += int64(len(b))
	}
	if err := errors.Join(tmp.Sync(), os.Rename(j.path+".new", j.path), syncDir(filepath.Dir(j.path))); err != nil {
		return errors.Join(fmt.Errorf("rewriting %s: %w", j.path, err), tmp.Close())
	}
	old := j.f
	*j = *next
	return old.Close()
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func (j *journal) close() error { return errors.Join(j.f.Sync(), j.f.Close()) }
