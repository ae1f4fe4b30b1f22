package kernel

import "encoding/binary"

// setOrder lists tokens, each once, in the order in which the service's set of strings gives them up. Nothing says that the
// order matters, but queries take the first cell, and answers are compared as text.
//
// The set has a bucket for about each element; a string goes to the bucket of its hash; a bucket's newest string comes
// first, and so does the bucket that was filled last.
func setOrder(tokens []any) []any {
	n := uint64(buckets(len(tokens)))
	held := map[uint64][]any{}
	var order []uint64
	seen := map[any]bool{}
	for _, t := range tokens {
		if seen[t] {
			continue
		}
		seen[t] = true
		b := stringHash(t.(string)) % n
		if held[b] == nil {
			order = append(order, b)
		}
		held[b] = append(held[b], t)
	}
	out := make([]any, 0, len(tokens))
	for i := len(order) - 1; i >= 0; i-- {
		bucket := held[order[i]]
		for k := len(bucket) - 1; k >= 0; k-- {
			out = append(out, bucket[k])
		}
	}
	return out
}

// bucketCounts are the sizes that such a set may have.
var bucketCounts = []int{2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 103, 109, 113, 127, 137, 139, 149,
	157, 167, 179, 193, 199, 211, 227, 241, 257, 277, 293, 313, 337, 359, 383, 409, 439, 467, 503, 541, 577, 619, 661, 709, 761, 823, 887, 953, 1031, 1109,
	1193, 1289, 1381, 1493, 1613, 1741, 1879, 2029, 2179, 2357, 2549, 2753, 2971, 3209, 3469, 3739, 4027, 4349, 4703, 5087, 5503, 5953, 6427, 6949, 7517,
	8123, 8783, 9497, 10273, 11113, 12011, 12983, 14033, 15173, 16411, 17749, 19183, 20753, 22447, 24281, 26267, 28411, 30727, 33223, 35933, 38873, 42043,
	45481, 49201, 53201, 57557, 62233, 67307}

func buckets(n int) int {
	for _, c := range bucketCounts {
		if c >= n {
			return c
		}
	}
	return bucketCounts[len(bucketCounts)-1]
}

// stringHash is MurmurHash64A with the seed of the C++ library.
func stringHash(s string) uint64 {
	const mul, seed = 0xc6a4a7935bd1e995, 0xc70f6907
	mix := func(v uint64) uint64 { return v ^ v>>47 }
	b := []byte(s)
	h := uint64(seed) ^ uint64(len(b))*mul
	for ; len(b) >= 8; b = b[8:] {
		h ^= mix(binary.LittleEndian.Uint64(b)*mul) * mul
		h *= mul
	}
	if len(b) > 0 {
		var rest [8]byte
		copy(rest[:], b)
		h ^= binary.LittleEndian.Uint64(rest[:])
		h *= mul
	}
	h = mix(h) * mul
	return mix(h)
}
