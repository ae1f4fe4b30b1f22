package store

import (
	"bytes"
	"math"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/schema"
)

// vector draws a vector of n values of the type, some of them null.
func vector(t schema.Type, n int) *rapid.Generator[*column.Vector] {
	return rapid.Custom(func(rt *rapid.T) *column.Vector {
		v := column.New(t, n)
		allNull := rapid.IntRange(0, 4).Draw(rt, "all null") == 0
		for range n {
			if allNull || rapid.IntRange(0, 3).Draw(rt, "null") == 0 {
				v.AppendNull()
				continue
			}
			switch PhysicalOf(t) {
			case PhysBool:
				v.AppendBool(rapid.Bool().Draw(rt, "bool"))
			case PhysInt:
				v.AppendInt(rapid.Int64().Draw(rt, "int"))
			case PhysFloat:
				v.AppendFloat(rapid.SampledFrom([]float64{0, -1.5, math.MaxFloat64, math.Inf(1)}).Draw(rt, "float"))
			case PhysText:
				v.AppendString(rapid.SampledFrom([]string{"", "a", "é\n", "longer text"}).Draw(rt, "text"))
			default:
				v.AppendAny(column.Raw(rapid.SampledFrom([]string{`1.0`, `"x"`, `{"a":[]}`}).Draw(rt, "json")))
			}
		}
		return v
	})
}

var codecTypes = []schema.Type{schema.Datetime, schema.Bool, schema.Long, schema.Real, schema.String, schema.Dynamic}

// values prints a vector so that nil and absent null slices are equal.
func values(v *column.Vector) []any {
	out := make([]any, v.Len())
	for i := range out {
		out[i] = v.Value(i)
	}
	return out
}

// TestBlocksKeepValues encodes, merges, copies and gathers blocks: the values stay.
func TestBlocksKeepValues(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		alloc := memory.NewCheckedAllocator(memory.DefaultAllocator)
		defer alloc.AssertSize(t, 0)
		var blocks []*Block
		all := make([][]any, len(codecTypes))
		for range rapid.IntRange(1, 4).Draw(rt, "blocks") {
			n := rapid.IntRange(1, 20).Draw(rt, "rows")
			var cols []stored
			for i, typ := range codecTypes {
				v := vector(typ, n).Draw(rt, "column")
				if i == 0 { // a time column is never null
					v = &column.Vector{Type: typ, Ints: v.Ints}
				}
				cols = append(cols, stored{id: int32(100 + i), vec: v})
				all[i] = append(all[i], values(v)...)
			}
			b, err := encodeBlock(alloc, n, cols)
			if err != nil {
				rt.Fatal(err)
			}
			defer b.Release()
			blocks = append(blocks, b)
		}
		check := func(what string, b *Block, want [][]any) {
			if err := b.check(); err != nil {
				rt.Fatalf("%s: %v", what, err)
			}
			for i, typ := range codecTypes {
				c, _ := b.Column(int32(100 + i))
				if d := cmp.Diff(want[i], values(decodeColumn(c, typ, 0, b.rows))); d != "" {
					rt.Fatalf("%s, %s: (-want +got)\n%s", what, typ, d)
				}
			}
		}
		merged, err := mergeBlocks(alloc, blocks)
		if err != nil {
			rt.Fatal(err)
		}
		defer merged.Release()
		check("merged", merged, all)
		again, err := copyBlock(alloc, merged.mem)
		if err != nil {
			rt.Fatal(err)
		}
		defer again.Release()
		check("copied", again, all)

		refs := sortRows(blocks, 100)
		var cols []partColumn
		starts := make([]int, len(blocks))
		for i, b := range blocks[1:] {
			starts[i+1] = starts[i] + blocks[i].rows
			_ = b
		}
		for i, typ := range codecTypes {
			cols = append(cols, partColumn{id: int32(100 + i), phys: PhysicalOf(typ)})
		}
		sorted, err := gatherBlock(alloc, blocks, refs, cols)
		if err != nil {
			rt.Fatal(err)
		}
		defer sorted.Release()
		want := make([][]any, len(codecTypes))
		for _, r := range refs {
			for i := range want {
				want[i] = append(want[i], all[i][starts[r.block]+int(r.row)])
			}
		}
		check("sorted", sorted, want)
	})
}

func payloadOf(t testing.TB) []byte {
	v := column.New(schema.Datetime, 2)
	v.AppendInt(5)
	v.AppendInt(6)
	s := column.New(schema.String, 2)
	s.AppendString("x")
	s.AppendString("yz")
	b, err := encodeBlock(memory.DefaultAllocator, 2, []stored{{id: 100, vec: v}, {id: FieldSrc, vec: s}})
	if err != nil {
		t.Fatal(err)
	}
	e := entry{workspace: "soc", covers: []Range{{Source: "hub", Partition: 3, First: 1, Next: 9}},
		gaps: []Gap{{Source: "hub", Partition: 3, To: 1, Reason: "why"}}, tables: []entryTable{{name: "T", size: len(b.mem)}}}
	head := e.encodeHead()
	return bytes.Join([][]byte{{payloadVersion, 1, byte(len(head))}, head, b.mem}, nil)
}

func FuzzPayload(f *testing.F) {
	f.Add(payloadOf(f))
	f.Add([]byte{payloadVersion, 0})
	f.Fuzz(func(t *testing.T, p []byte) {
		_ = decodePayload(p, func(e *entry, blocks [][]byte) error {
			for _, raw := range blocks {
				b, err := copyBlock(memory.DefaultAllocator, raw)
				if err != nil {
					continue
				}
				for i := range b.cols {
					for _, typ := range codecTypes {
						decodeColumn(&b.cols[i], typ, 0, b.rows)
					}
				}
				_ = b.bound(100)
				b.Release()
			}
			return nil
		})
	})
}

func TestPayloadRoundTrip(t *testing.T) {
	n := 0
	err := decodePayload(payloadOf(t), func(e *entry, blocks [][]byte) error {
		n++
		want := entry{workspace: "soc", covers: []Range{{Source: "hub", Partition: 3, First: 1, Next: 9}},
			gaps: []Gap{{Source: "hub", Partition: 3, To: 1, Reason: "why"}}, tables: []entryTable{{name: "T", size: len(blocks[0])}}}
		if d := cmp.Diff(want, *e, cmp.AllowUnexported(entry{}, entryTable{}, Block{})); d != "" {
			t.Errorf("(-want +got)\n%s", d)
		}
		return nil
	})
	if err != nil || n != 1 {
		t.Errorf("%d entries, %v", n, err)
	}
}
