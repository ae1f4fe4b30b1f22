package exec

import (
	"context"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
)

// growing are the functions whose value can be larger than what it is made of.
var growing = map[string]bool{
	"strcat": true, "strcat_delim": true, "strcat_array": true, "array_strcat": true, "strrep": true, "replace_string": true, "replace_strings": true,
	"replace_regex": true, "replace": true, "repeat": true, "range": true, "pack_array": true, "bag_pack": true, "bag_pack_nonempty": true, "array_concat": true,
	"zip": true, "bag_merge": true, "bag_zip": true, "bag_set_key": true, "set_union": true, "translate": true, "tohex": true, "url_encode": true, "extract_all": true,
	"gzip_decompress_from_base64_string": true, "zlib_decompress_from_base64_string": true, "unicode_codepoints_from_string": true, "treepath": true,
	"base64_decode_toarray": true, "parse_csv": true, "split": true, "geo_polygon_to_s2cells": true, "geo_polygon_to_h3cells": true, "geo_polygon_densify": true, "geo_line_densify": true,
}

func grows(e plan.Expr) bool {
	c, ok := e.(*plan.Call)
	if !ok {
		return false
	}
	if growing[c.Func] {
		return true
	}
	for _, a := range c.Args {
		if grows(a) {
			return true
		}
	}
	return false
}

// maxPiece is about how many bytes of grown values are made at once.
const maxPiece = 16 << 20

// pieces computes a batch in pieces small enough that what they make fits, as far as one row does. It learns from each piece
// how large the next may be.
type pieces struct {
	mem  *memory
	grow []int // the columns to measure
	rest *column.Batch
	rows int // of the next piece
}

// next takes rows off the rest, which must not be empty.
func (p *pieces) next() *column.Batch {
	n := min(max(p.rows, 1), p.rest.N)
	out := p.rest
	if n < p.rest.N {
		out, p.rest = p.rest.Slice(0, n), p.rest.Slice(n, p.rest.N)
	} else {
		p.rest = nil
	}
	return out
}

// learn measures what was made of a piece; it is an error when the query's memory has no room for it.
func (p *pieces) learn(b *column.Batch) error {
	limit := p.mem.limit - p.mem.used
	var size int64
	for _, k := range p.grow {
		size += boundedBytes(b.Cols[k], limit-size+1)
	}
	if err := p.mem.grow("extend", size); err != nil {
		p.mem.release(size)
		return err
	}
	p.mem.release(size)
	if b.N > 0 {
		room := min(int64(maxPiece), max(limit/4, 1))
		fit := room * int64(b.N) / max(size, 1)
		p.rows = int(min(fit, int64(b.N)*4, batchRows))
	}
	return nil
}

// boundedBytes is vectorBytes, but stops counting beyond a bound: a dynamic may share its parts and be larger than memory.
func boundedBytes(v *column.Vector, most int64) int64 {
	if v.Type != schema.Dynamic {
		return vectorBytes(v)
	}
	var sum int64
	for _, x := range v.Any {
		if sum > most {
			break
		}
		sum += 16 + boundedAny(x, most-sum)
	}
	return sum
}

func boundedAny(x any, most int64) int64 {
	switch x := x.(type) {
	case []any:
		sum := int64(24)
		for _, e := range x {
			if sum > most {
				break
			}
			sum += 16 + boundedAny(e, most-sum)
		}
		return sum
	case *column.Object:
		sum := int64(56)
		for i, k := range x.Keys {
			if sum > most {
				break
			}
			sum += 32 + int64(len(k)) + boundedAny(x.Values[i], most-sum)
		}
		return sum
	}
	return anyBytes(x)
}

// pieceRows is how many rows at a time go to an operator whose expressions grow but whose values nobody keeps.
const pieceRows = 16

// slicedReader hands out batches of few rows.
type slicedReader struct {
	in   Reader
	rest *column.Batch
}

// sliced makes small batches of a reader's when an expression over them grows.
func sliced(in Reader, exprs ...plan.Expr) Reader {
	for _, e := range exprs {
		if grows(e) {
			return &slicedReader{in: in}
		}
	}
	return in
}

func (r *slicedReader) Next(ctx context.Context) (*column.Batch, error) {
	if r.rest == nil {
		b, err := next(ctx, r.in)
		if err != nil {
			return nil, err
		}
		r.rest = b
	}
	out := r.rest
	if out.N <= pieceRows {
		r.rest = nil
		return out, nil
	}
	out, r.rest = out.Slice(0, pieceRows), out.Slice(pieceRows, out.N)
	return out, nil
}

func (r *slicedReader) Close() error { return r.in.Close() }
