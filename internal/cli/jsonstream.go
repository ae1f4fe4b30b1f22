package cli

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
)

// jsonStream writes one object or array as it comes, in the form that printJSON has, so that no list has to be held whole.
// The first failure stays.
type jsonStream struct {
	w     *bufio.Writer
	depth []int // how many items each open level has
	err   error
}

func newJSONStream(w io.Writer) *jsonStream { return &jsonStream{w: bufio.NewWriter(w)} }

func (s *jsonStream) text(t string) {
	if s.err == nil {
		_, s.err = s.w.WriteString(t)
	}
}

// item begins the next item of the open level.
func (s *jsonStream) item(key string) {
	if n := len(s.depth); n > 0 {
		if s.depth[n-1]++; s.depth[n-1] > 1 {
			s.text(",")
		}
		s.indent()
	}
	if key != "" {
		s.value(key)
		s.text(": ")
	}
}

func (s *jsonStream) indent() {
	s.text("\n")
	for range s.depth {
		s.text("  ")
	}
}

func (s *jsonStream) value(v any) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	prefix := ""
	for range s.depth {
		prefix += "  "
	}
	e.SetIndent(prefix, "  ")
	if err := e.Encode(v); err != nil && s.err == nil {
		s.err = err
	}
	s.text(string(bytes.TrimSuffix(b.Bytes(), []byte("\n"))))
}

// open begins an object ('{') or an array ('['), as an item of what is open; close ends it with its other bracket.
func (s *jsonStream) open(key, bracket string) {
	s.item(key)
	s.text(bracket)
	s.depth = append(s.depth, 0)
}

func (s *jsonStream) close(bracket string) {
	n := s.depth[len(s.depth)-1]
	s.depth = s.depth[:len(s.depth)-1]
	if n > 0 {
		s.indent()
	}
	s.text(bracket)
}

// put writes an item; key is "" in an array.
func (s *jsonStream) put(key string, v any) error {
	s.item(key)
	s.value(v)
	return s.err
}

// end writes what is held and returns what went wrong.
func (s *jsonStream) end() error {
	s.text("\n")
	if s.err != nil {
		return s.err
	}
	return s.w.Flush()
}
