// Package blob is the tenant's storage account: the same events as in the hub, exported by the hour as lines of append blobs, and the part of
// the blob service's REST interface a reader needs.
//
// A blob is a file of compressed blocks. A block is written whole before anybody sees it and ends with a whole line, so a kill at any
// point leaves what was seen; what it cut off is dropped at the next start.
package blob

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/zstd"
)

// Store is the blobs of the account. It is safe for concurrent use.
type Store struct {
	dir   string
	enc   *zstd.Encoder
	dec   *zstd.Decoder
	write sync.Mutex // held by whoever changes a blob
	mu    sync.RWMutex
	blobs map[string]map[string]*Blob // container, name
}

// Blob is an append blob. Its fields are read through the store.
type Blob struct {
	path              string
	blocks            []block
	size              int64 // bytes a reader sees
	created, modified time.Time
	lease             lease
}

// block is where a piece of the blob lies: raw bytes [at, at+raw) are the stored bytes [pos, pos+stored) of the file.
type block struct{ at, pos, raw, stored int64 }

const headerSize = 8 // stored and raw length of the block that follows

// Open reads what is in dir, or starts an empty account.
func Open(dir string) (*Store, error) {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, fmt.Errorf("opening the storage account: %w", err)
	}
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(64<<20))
	if err != nil {
		return nil, fmt.Errorf("opening the storage account: %w", err)
	}
	s := &Store{dir: dir, enc: enc, dec: dec, blobs: map[string]map[string]*Blob{}}
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".blocks") {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		container, name, _ := strings.Cut(filepath.ToSlash(strings.TrimSuffix(rel, ".blocks")), "/")
		b, err := load(path)
		if err != nil {
			return err
		}
		s.put(container, name, b)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the storage account in %s: %w", dir, err)
	}
	return s, nil
}

// Close gives the coders back.
func (s *Store) Close() {
	s.dec.Close()
	_ = s.enc.Close() // it holds nothing
}

func (s *Store) put(container, name string, b *Blob) {
	if s.blobs[container] == nil {
		s.blobs[container] = map[string]*Blob{}
	}
	s.blobs[container][name] = b
}

// load finds the blocks of a file and cuts off one that is not whole.
func load(path string) (*Blob, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	b := &Blob{path: path, created: info.ModTime(), modified: info.ModTime()}
	var head [headerSize]byte
	end := int64(0)
	for {
		if _, err := f.ReadAt(head[:], end); err != nil {
			break
		}
		x := block{at: b.size, pos: end + headerSize, stored: int64(binary.BigEndian.Uint32(head[:4])), raw: int64(binary.BigEndian.Uint32(head[4:]))}
		if x.pos+x.stored > info.Size() {
			break
		}
		b.blocks = append(b.blocks, x)
		b.size += x.raw
		end = x.pos + x.stored
	}
	if end < info.Size() {
		return b, f.Truncate(end)
	}
	return b, nil
}

// Append adds lines to a blob, which is made if it is not there. The lines are seen once Append returns.
func (s *Store) Append(container, name string, lines []byte, now time.Time) error {
	s.write.Lock()
	defer s.write.Unlock()
	s.mu.RLock()
	b := s.blobs[container][name]
	s.mu.RUnlock()
	if b == nil {
		b = &Blob{path: filepath.Join(s.dir, container, filepath.FromSlash(name)+".blocks"), created: now.UTC()}
		if err := os.MkdirAll(filepath.Dir(b.path), 0o700); err != nil {
			return fmt.Errorf("making the blob %s/%s: %w", container, name, err)
		}
	}
	packed := s.pack(lines)
	pos := int64(0)
	if n := len(b.blocks); n > 0 {
		pos = b.blocks[n-1].pos + b.blocks[n-1].stored
	}
	f, err := os.OpenFile(b.path, os.O_WRONLY|os.O_CREATE, 0o600)
	if err == nil {
		_, err = f.WriteAt(packed, pos)
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		return fmt.Errorf("appending to the blob %s/%s: %w", container, name, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b.blocks = append(b.blocks, block{b.size, pos + headerSize, int64(len(lines)), int64(len(packed) - headerSize)})
	b.size += int64(len(lines))
	b.modified = now.UTC()
	s.put(container, name, b)
	return nil
}

// pack is a block with its header.
func (s *Store) pack(lines []byte) []byte {
	packed := s.enc.EncodeAll(lines, make([]byte, headerSize, headerSize+len(lines)/4))
	binary.BigEndian.PutUint32(packed[:4], uint32(len(packed)-headerSize))
	binary.BigEndian.PutUint32(packed[4:8], uint32(len(lines)))
	return packed
}

// Rewrite puts another blob under the name: with the first share of its lines, and as a new one or still the old one. Without lines it is empty.
func (s *Store) Rewrite(container, name string, share float64, fresh bool, now time.Time) error {
	s.write.Lock()
	defer s.write.Unlock()
	var all []byte
	if err := s.Read(container, name, 0, 1<<62, func(piece []byte) error {
		all = append(all, piece...)
		return nil
	}); err != nil {
		return err
	}
	lines := bytes.SplitAfter(all, []byte("\n"))
	keep := bytes.Join(lines[:int(share*float64(len(lines)))], nil)
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.blobs[container][name]
	b := &Blob{path: old.path, created: old.created, modified: now.UTC()}
	if fresh {
		b.created = now.UTC()
	}
	var packed []byte
	if len(keep) > 0 {
		packed = s.pack(keep)
		b.blocks = []block{{0, headerSize, int64(len(keep)), int64(len(packed) - headerSize)}}
		b.size = int64(len(keep))
	}
	if err := errors.Join(os.WriteFile(b.path+".new", packed, 0o600), os.Rename(b.path+".new", b.path)); err != nil {
		return fmt.Errorf("rewriting the blob %s/%s: %w", container, name, err)
	}
	s.blobs[container][name] = b
	return nil
}

// Info is what a reader is told of a blob.
type Info struct {
	Container, Name   string
	Size              int64
	Blocks            int
	Created, Modified time.Time
	Etag              string
	Leased            bool
}

func (b *Blob) info(container, name string, now time.Time) Info {
	return Info{container, name, b.size, len(b.blocks), b.created, b.modified, fmt.Sprintf(`"0x%X"`, b.modified.UnixNano()^b.size<<1), b.lease.held(now)}
}

// Containers returns the names of the containers in order.
func (s *Store) Containers() []string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := make([]string, 0, len(s.blobs))
	for c := range s.blobs {
		out = append(out, c)
	}
	slices.Sort(out)
	return out
}

// List returns the blobs of a container whose names begin with prefix, in order, and whether there is such a container.
func (s *Store) List(container, prefix string, now time.Time) ([]Info, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	all, ok := s.blobs[container]
	var out []Info
	for name, b := range all {
		if strings.HasPrefix(name, prefix) {
			out = append(out, b.info(container, name, now))
		}
	}
	slices.SortFunc(out, func(a, b Info) int { return strings.Compare(a.Name, b.Name) })
	return out, ok
}

// Stat returns what is known of a blob.
func (s *Store) Stat(container, name string, now time.Time) (Info, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	b, ok := s.blobs[container][name]
	if !ok {
		return Info{}, false
	}
	return b.info(container, name, now), true
}

// Read calls f with the bytes [from, to) of a blob, piece by piece. The pieces belong to f during the call only.
func (s *Store) Read(container, name string, from, to int64, f func([]byte) error) error {
	s.mu.RLock()
	b := s.blobs[container][name]
	var blocks []block
	path := ""
	if b != nil {
		blocks, path = b.blocks[:len(b.blocks):len(b.blocks)], b.path
	}
	s.mu.RUnlock()
	if b == nil {
		return fs.ErrNotExist
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	first, _ := slices.BinarySearchFunc(blocks, from, func(x block, at int64) int {
		if x.at+x.raw <= at {
			return -1
		}
		return 1
	})
	for _, x := range blocks[first:] {
		if x.at >= to {
			break
		}
		packed := make([]byte, x.stored)
		if _, err := file.ReadAt(packed, x.pos); err != nil {
			return fmt.Errorf("reading the blob %s/%s: %w", container, name, err)
		}
		raw, err := s.dec.DecodeAll(packed, make([]byte, 0, x.raw))
		if err != nil {
			return fmt.Errorf("reading the blob %s/%s: %w", container, name, err)
		}
		if err := f(raw[max(from-x.at, 0):min(to-x.at, x.raw)]); err != nil {
			return err
		}
	}
	return nil
}
