package journal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// File is a segment as it was at one moment: its first Size bytes never change. The caller closes File, which stays readable when
// the segment is removed.
type File struct {
	Name string
	Size int64
	File *os.File
}

// Files opens all segments as they are now.
func (j *Journal) Files() (out []File, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, s := range j.segments {
		f, err := os.Open(filepath.Join(j.opts.Dir, s.name))
		if err != nil {
			for _, o := range out {
				err = errors.Join(err, o.File.Close())
			}
			return nil, fmt.Errorf("reading journal segment %s: %w", s.name, err)
		}
		out = append(out, File{Name: s.name, Size: s.size, File: f})
	}
	return out, nil
}
