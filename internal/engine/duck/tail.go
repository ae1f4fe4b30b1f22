package duck

import (
	"sync/atomic"

	mapping "github.com/duckdb/duckdb-go-bindings"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/schema"
)

// chunkRows is the most rows an engine chunk holds.
const chunkRows = 2048

// Relation is rows in memory that a query reads as tail(k). It may be scanned several times and by several threads at
// once; nobody changes it while the query is open.
type Relation struct {
	Names  []string // column names as the statement uses them
	Types  []schema.Type
	Blocks []Block
}

// Block is a run of rows of a relation. Fill is called by several threads at once.
type Block interface {
	// Rows is the number of rows.
	Rows() int
	// Fill writes rows [from, to) of column col of the relation, in the relation's type. What it does not write is
	// null, or "" in a string column.
	Fill(out *Output, col, from, to int) error
}

// BatchBlock is a batch whose columns stand in the relation's order.
type BatchBlock struct{ Batch *column.Batch }

// Rows is the number of rows.
func (b BatchBlock) Rows() int { return b.Batch.N }

// Fill copies rows of a column.
func (b BatchBlock) Fill(out *Output, col, from, to int) error {
	return out.Vector(b.Batch.Cols[col].Slice(from, to))
}

// rows is the size of the relation.
func (r *Relation) rows() int {
	n := 0
	for _, b := range r.Blocks {
		n += b.Rows()
	}
	return n
}

// span is one chunk of a scan.
type span struct {
	block    Block
	from, to int
}

// scan is one pass over a relation, shared by the engine's threads.
type scan struct {
	rel   *Relation
	query *Query
	cols  []int // relation column behind each projected one; -1 for the engine's row id
	spans []span
	next  atomic.Int64
}

func newScan(q *Query, rel *Relation, cols []int) *scan {
	s := &scan{rel: rel, query: q, cols: cols}
	for _, b := range rel.Blocks {
		for from := 0; from < b.Rows(); from += chunkRows {
			s.spans = append(s.spans, span{b, from, min(from+chunkRows, b.Rows())})
		}
	}
	return s
}

// fill writes the next chunk; no rows end the scan for the calling thread.
func (s *scan) fill(out mapping.DataChunk) error {
	i := int(s.next.Add(1)) - 1
	if i >= len(s.spans) {
		mapping.DataChunkSetSize(out, 0)
		return nil
	}
	sp := s.spans[i]
	for j, c := range s.cols {
		if c < 0 {
			continue // a row id that nobody reads: the engine asks for it to count rows
		}
		o := &Output{vec: mapping.DataChunkGetVector(out, mapping.IdxT(j)), typ: s.rel.Types[c], n: sp.to - sp.from}
		if err := sp.block.Fill(o, c, sp.from, sp.to); err != nil {
			return err
		}
		if !o.written {
			o.empty()
		}
	}
	mapping.DataChunkSetSize(out, mapping.IdxT(sp.to-sp.from))
	return nil
}
