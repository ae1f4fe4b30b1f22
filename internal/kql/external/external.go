// Package external turns files into rows: the formats that externaldata reads.
//
// A file is data from outside: a broken record becomes what can be read of it, never an error of the query, but a file
// that is not of its format at all, or that unpacks to more than it may, is refused.
package external

import (
	"archive/zip"
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"io"
	"net/url"
	"path"
	"strings"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/kql/kernel"
	"github.com/vedette-siem/vedette/internal/schema"
)

// Spec says how to read a file.
type Spec struct {
	Names               []string
	Types               []schema.Type
	Format              string // lower case; "" goes by the address
	SkipFirst, SkipLast bool
	MaxBytes            int64 // of the unpacked file
}

// maxRatio is how much larger than itself a packed file may be.
const maxRatio = 100

// Read reads a file. The address tells the format where the spec does not, and whether the file is packed.
func Read(address string, body []byte, s Spec) (*column.Batch, error) {
	name := address
	if u, err := url.Parse(address); err == nil && u.Path != "" {
		name = u.Path
	}
	name = strings.ToLower(path.Base(name))
	body, name, err := unpack(address, name, body, s.MaxBytes)
	if err != nil {
		return nil, err
	}
	format := s.Format
	if format == "" {
		format = strings.TrimPrefix(path.Ext(name), ".")
	}
	body = bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))
	t := &table{spec: s, out: column.NewBatch(0, s.Types...)}
	switch format {
	case "tsv", "tsve":
		err = t.separated(body, '\t')
	case "psv":
		err = t.separated(body, '|')
	case "scsv":
		err = t.separated(body, ';')
	case "sohsv":
		err = t.separated(body, '\x01')
	case "txt":
		err = t.lines(body)
	case "raw":
		t.add([]string{string(body)})
	case "json", "multijson", "singlejson", "ndjson":
		err = t.json(address, body)
	case "parquet":
		err = t.parquet(address, body)
	case "avro", "apacheavro", "orc", "w3clogfile":
		err = fault.New(fault.Invalid, "external_format", "externaldata does not read files of format %q; it reads csv, tsv, psv, scsv, sohsv, txt, raw, json, multijson and parquet.", format)
	default: // what has another ending is taken for csv, the format of files without a name
		err = t.separated(body, ',')
	}
	if err != nil {
		return nil, err
	}
	return t.finish(), nil
}

// unpack opens gzip and zip files, by the ending of their name. A zip must hold one file.
func unpack(address, name string, body []byte, limit int64) ([]byte, string, error) {
	switch {
	case strings.HasSuffix(name, ".gz"):
		r, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			return nil, "", fault.New(fault.Invalid, "external_packed", "%s is not a gzip file: %w", address, err)
		}
		out, err := inflate(address, r, int64(len(body)), limit)
		return out, strings.TrimSuffix(name, ".gz"), err
	case strings.HasSuffix(name, ".zip"):
		z, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
		if err != nil {
			return nil, "", fault.New(fault.Invalid, "external_packed", "%s is not a zip file: %w", address, err)
		}
		var files []*zip.File
		for _, f := range z.File {
			if !f.FileInfo().IsDir() {
				files = append(files, f)
			}
		}
		if len(files) != 1 {
			return nil, "", fault.New(fault.Invalid, "external_packed", "%s holds %d files; a zip file must hold one.", address, len(files))
		}
		r, err := files[0].Open()
		if err != nil {
			return nil, "", fault.New(fault.Invalid, "external_packed", "%s cannot be unpacked: %w", address, err)
		}
		defer r.Close() //nolint:errcheck // read only
		out, err := inflate(address, r, int64(len(body)), limit)
		return out, strings.ToLower(path.Base(files[0].Name)), err
	}
	return body, name, nil
}

func inflate(address string, r io.Reader, packed, limit int64) ([]byte, error) {
	most := min(limit, max(packed, 1024)*maxRatio)
	out, err := io.ReadAll(io.LimitReader(r, most+1))
	if err != nil {
		return nil, fault.New(fault.Invalid, "external_packed", "%s cannot be unpacked: %w", address, err)
	}
	if int64(len(out)) > most {
		return nil, fault.New(fault.TooLarge, "external_size", "%s unpacks to more than %d MB, or to more than %d times its size.", address, limit>>20, maxRatio)
	}
	return out, nil
}

// table collects rows.
type table struct {
	spec Spec
	out  *column.Batch
	seen bool // the first record is past
}

// add appends a record of texts; what it lacks is null, what it has more is dropped.
func (t *table) add(record []string) {
	if !t.seen {
		if t.seen = true; t.spec.SkipFirst {
			return
		}
	}
	for k, typ := range t.spec.Types {
		switch {
		case k >= len(record) || typ != schema.String && record[k] == "":
			t.out.Cols[k].AppendNull()
		case typ == schema.Dynamic:
			t.out.Cols[k].Append(kernel.ParseDynamic(record[k]))
		default:
			t.out.Cols[k].Append(kernel.Unbox(record[k], typ))
		}
	}
	t.out.N++
}

func (t *table) finish() *column.Batch {
	if t.spec.SkipLast && t.out.N > 0 {
		return t.out.Slice(0, t.out.N-1)
	}
	return t.out
}

func (t *table) separated(body []byte, sep rune) error {
	r := csv.NewReader(bytes.NewReader(body))
	r.Comma, r.FieldsPerRecord, r.LazyQuotes, r.ReuseRecord = sep, -1, true, true
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil && record == nil {
			return fault.New(fault.Invalid, "external_record", "a file of externaldata breaks off: %w", err)
		}
		t.add(record)
	}
}

func (t *table) lines(body []byte) error {
	s := bufio.NewScanner(bytes.NewReader(body))
	s.Buffer(nil, max(len(body)+1, 64<<10))
	for s.Scan() {
		t.add([]string{s.Text()})
	}
	return s.Err()
}

// json reads objects: one after the other, or in an array. Members go to the columns of their names.
func (t *table) json(address string, body []byte) error {
	text := string(body)
	if v, ok := column.ParseJSON(text); ok {
		if list, ok := column.Resolve(v).([]any); ok {
			for _, e := range list {
				t.object(column.Resolve(e))
			}
			return nil
		}
		t.object(column.Resolve(v))
		return nil
	}
	good := 0
	for _, line := range strings.Split(text, "\n") {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if v, ok := column.ParseJSON(line); ok {
			t.object(column.Resolve(v))
			good++
		}
	}
	if good == 0 && strings.TrimSpace(text) != "" {
		return fault.New(fault.Invalid, "external_record", "%s is not JSON: neither as a whole nor line by line.", address)
	}
	return nil
}

func (t *table) object(v any) {
	if !t.seen {
		if t.seen = true; t.spec.SkipFirst {
			return
		}
	}
	o, _ := v.(*column.Object)
	for k, name := range t.spec.Names {
		var x any
		if o != nil {
			x, _ = o.Get(name)
		}
		if x = column.Resolve(x); x == nil {
			t.out.Cols[k].AppendNull()
		} else {
			t.out.Cols[k].Append(kernel.Unbox(x, t.spec.Types[k]))
		}
	}
	t.out.N++
}
