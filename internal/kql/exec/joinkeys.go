package exec

import (
	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/kql/kernel"
	"github.com/vedette-siem/vedette/internal/kql/ordinal"
	"github.com/vedette-siem/vedette/internal/schema"
)

// joinKeys numbers the keys of rows. All calls have vectors of the same types. The zero value has no key.
type joinKeys struct {
	texts ordinal.Texts // texts of a single key, the encoded cells of several
	ints  ordinal.Ints  // numbers of a single key
	buf   []byte
}

// add returns the number of the key of row i, and whether it came for the first time. A key with a null part, which matches
// nothing, has number -1.
func (k *joinKeys) add(vecs []*column.Vector, i int) (n int, fresh bool) {
	if len(vecs) == 1 && !vecs[0].Null(i) {
		switch v := vecs[0]; v.Type {
		case schema.String:
			return k.texts.Add(v.Strings[i])
		case schema.Int, schema.Long, schema.Datetime, schema.Timespan:
			return k.ints.Add(v.Ints[i])
		}
	}
	if !k.encode(vecs, i) {
		return -1, false
	}
	return k.texts.AddBytes(k.buf)
}

// find returns the number of the key of row i, -1 when no row with it was added.
func (k *joinKeys) find(vecs []*column.Vector, i int) int {
	if len(vecs) == 1 && !vecs[0].Null(i) {
		switch v := vecs[0]; v.Type {
		case schema.String:
			return k.texts.Find(v.Strings[i])
		case schema.Int, schema.Long, schema.Datetime, schema.Timespan:
			return k.ints.Find(v.Ints[i])
		}
	}
	if !k.encode(vecs, i) {
		return -1
	}
	return k.texts.FindBytes(k.buf)
}

// encode writes the key of a row; false when a part is null.
func (k *joinKeys) encode(vecs []*column.Vector, i int) bool {
	k.buf = k.buf[:0]
	for _, v := range vecs {
		if v.Null(i) {
			return false
		}
		k.buf = kernel.AppendCell(k.buf, v, i)
	}
	return true
}

// size is how many bytes the keys hold.
func (k *joinKeys) size() int64 { return k.texts.Size() + k.ints.Size() }
