package kernel

import (
	"encoding/binary"
	"math"

	"github.com/cespare/xxhash/v2"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/schema"
)

func combinedHashes() family {
	return family{
		"hash_combine": typedFunc(schema.Long, 1, -1, func(a []any) any { return combineHashes(a, toLong) }),
		"hash_many":    typedFunc(schema.Long, 1, -1, func(a []any) any { return combineHashes(a, hashValue) }),
	}
}

// combineHashes folds hashes into one, in order. The language promises no particular number, only the same one within a
// query, and so does this.
func combineHashes(a []any, hash func(any) (int64, bool)) any {
	d := xxhash.New()
	var b [8]byte
	for _, v := range a {
		h, ok := hash(v)
		if !ok {
			return nil
		}
		binary.LittleEndian.PutUint64(b[:], uint64(h))
		_, _ = d.Write(b[:]) // never fails
	}
	return int64(d.Sum64())
}

// hashValue is what hash() gives for a value of any type that is not dynamic.
func hashValue(v any) (int64, bool) {
	var b [8]byte
	switch x := v.(type) {
	case nil:
		return 0, false
	case int64:
		binary.LittleEndian.PutUint64(b[:], uint64(x))
	case column.Datetime:
		binary.LittleEndian.PutUint64(b[:], uint64(x))
	case column.Timespan:
		binary.LittleEndian.PutUint64(b[:], uint64(x))
	case float64:
		binary.LittleEndian.PutUint64(b[:], math.Float64bits(x))
	default:
		return int64(xxhash.Sum64String(Text(x))), true
	}
	return int64(xxhash.Sum64(b[:])), true
}
