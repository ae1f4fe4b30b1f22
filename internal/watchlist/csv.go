package watchlist

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/vedette-siem/vedette/internal/fault"
)

// Limits of a list. Those of the file and of an item are the service's.
const (
	MaxFile    = 3_800_000 // bytes of a file
	MaxItem    = 10_240    // characters of a line's values
	MaxItems   = 100_000
	MaxColumns = 100
)

// Problem is a line of a file that is no item; lines count from 1.
type Problem struct {
	Line    int    `json:"line"`
	Message string `json:"message"`
}

// line is a line that can be an item.
type line struct {
	number int
	values map[string]string
}

// reserved are the columns that _GetWatchlist gives beside a list's own.
var reserved = []string{"_DTItemId", "LastUpdatedTimeUTC", "SearchKey"}

// parse reads a file: skip lines, then the headings, then a line for each item. A line that is none is a problem and stops
// nothing; only a file without usable headings is an error.
func parse(content string, skip int, key string) (columns []string, lines []line, problems []Problem, err error) {
	if len(content) > MaxFile {
		return nil, nil, nil, fault.New(fault.TooLarge, "watchlist_too_large", "the file has %d bytes; a watchlist takes %d. Split it into several lists", len(content), MaxFile)
	}
	content = strings.TrimPrefix(content, "\ufeff")
	first := skip
	for range skip {
		_, rest, ok := strings.Cut(content, "\n")
		if !ok {
			return nil, nil, nil, fault.New(fault.Invalid, "watchlist_headings", "the file has fewer than the %d lines to skip", skip)
		}
		content = rest
	}
	r := csv.NewReader(bytes.NewReader([]byte(content)))
	r.FieldsPerRecord, r.TrimLeadingSpace = -1, true
	columns, err = r.Read()
	if err != nil {
		return nil, nil, nil, fault.New(fault.Invalid, "watchlist_headings", "the first line of the file does not name the columns: %w", err)
	}
	if err := headings(columns, key); err != nil {
		return nil, nil, nil, err
	}
	for {
		fields, err := r.Read()
		if errors.Is(err, io.EOF) {
			return columns, lines, problems, nil
		}
		var bad *csv.ParseError
		if errors.As(err, &bad) {
			problems = append(problems, Problem{first + bad.StartLine, bad.Err.Error()})
			continue
		}
		if err != nil {
			return nil, nil, nil, fmt.Errorf("reading the file: %w", err)
		}
		at, _ := r.FieldPos(0)
		at += first
		if len(fields) != len(columns) {
			problems = append(problems, Problem{at, fmt.Sprintf("it has %d fields; the headings are %d", len(fields), len(columns))})
			continue
		}
		values := map[string]string{}
		for i, c := range columns {
			values[c] = fields[i]
		}
		if why := unfit(values, key); why != "" {
			problems = append(problems, Problem{at, why})
			continue
		}
		if len(lines) == MaxItems {
			return nil, nil, nil, fault.New(fault.TooLarge, "watchlist_too_large", "the file has more than %d lines; a watchlist takes no more. Split it into several lists", MaxItems)
		}
		lines = append(lines, line{at, values})
	}
}

func headings(columns []string, key string) error {
	bad := func(format string, args ...any) error {
		return fault.New(fault.Invalid, "watchlist_headings", format, args...)
	}
	if len(columns) > MaxColumns {
		return bad("the file has %d columns; a watchlist takes %d", len(columns), MaxColumns)
	}
	for i := range columns {
		columns[i] = strings.TrimSpace(columns[i])
		switch c := columns[i]; {
		case c == "" || !utf8.ValidString(c) || utf8.RuneCountInString(c) > 128:
			return bad("column %d of the file has no name, or one that is too long", i+1)
		case slices.Contains(columns[:i], c):
			return bad("the column %q stands twice in the file", c)
		case slices.Contains(reserved, c):
			return bad("the column %q has a name that every watchlist answers by itself; rename it", c)
		}
	}
	if key == "" {
		return bad("say which column is the search key, one of: %s", strings.Join(columns, ", "))
	}
	if !slices.Contains(columns, key) {
		return bad("the search key %q is none of the columns: %s", key, strings.Join(columns, ", "))
	}
	return nil
}

// unfit says why values are no item, or nothing.
func unfit(values map[string]string, key string) string {
	size := 0
	for c, v := range values {
		if !utf8.ValidString(v) {
			return fmt.Sprintf("the value of %q is not UTF-8", c)
		}
		size += utf8.RuneCountInString(v)
	}
	switch {
	case size > MaxItem:
		return fmt.Sprintf("its values have %d characters; an item takes %d", size, MaxItem)
	case strings.TrimSpace(values[key]) == "":
		return fmt.Sprintf("the search key %q is empty", key)
	}
	return ""
}
