package column

import (
	"math"
	"math/big"
	"math/bits"
	"sync"
)

// The service writes reals inside dynamic values by Grisu2 (Loitsch, "Printing floating-point numbers quickly and accurately
// with integers", 2010), without the step that moves the last digit towards the value. The digits read back the same and are
// almost always the fewest, but not the nearest; users compare such text, so this does the same.

// wide is f * 2^e.
type wide struct {
	f uint64
	e int
}

func (a wide) mul(b wide) wide {
	hi, lo := bits.Mul64(a.f, b.f)
	return wide{hi + lo>>63, a.e + b.e + 64}
}

func (a wide) normal() wide {
	n := bits.LeadingZeros64(a.f)
	return wide{a.f << n, a.e - n}
}

// powers are the powers of ten from 10^-348, every eighth, in 64 bits.
var powers = sync.OnceValue(func() []wide {
	out := make([]wide, 87)
	for i := range out {
		exp := int64(-348 + 8*i)
		x := new(big.Float).SetPrec(2000).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(max(exp, -exp)), nil))
		if exp < 0 {
			x.Quo(big.NewFloat(1).SetPrec(2000), x)
		}
		e := x.MantExp(nil) - 64
		x.SetMantExp(x, -e)
		n, _ := x.Add(x, big.NewFloat(0.5)).Int(nil)
		if n.BitLen() > 64 {
			n.Rsh(n, 1)
			e++
		}
		out[i] = wide{n.Uint64(), e}
	}
	return out
})

// grisu gives the digits d of a positive finite value and where they stand: 0.ddd * 10^point.
func grisu(v float64) (digits []byte, point int) {
	const hidden = 1 << 52
	b := math.Float64bits(v)
	x := wide{b & (hidden - 1), int(b >> 52 & 0x7ff)}
	if x.e != 0 {
		x.f, x.e = x.f|hidden, x.e-1075
	} else {
		x.e = -1074
	}
	plus := wide{x.f<<1 + 1, x.e - 1}.normal()
	minus := wide{x.f<<1 - 1, x.e - 1}
	if x.f == hidden {
		minus = wide{x.f<<2 - 1, x.e - 2}
	}
	minus = wide{minus.f << (minus.e - plus.e), plus.e}
	dk := float64(-61-plus.e)*0.30102999566398114 + 347
	k := int(dk)
	if dk > float64(k) {
		k++
	}
	index := k>>3 + 1
	power := powers()[index]
	high, low := plus.mul(power), minus.mul(power)
	low.f++
	high.f--
	digits, kappa := generate(high, high.f-low.f)
	return digits, len(digits) + kappa + 348 - index*8
}

var tens = [20]uint64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19}

// generate writes digits of high, the upper end of what reads back the same, until what is left lies within delta.
func generate(high wide, delta uint64) (digits []byte, exp int) {
	shift := -high.e
	one := uint64(1) << shift
	whole, part := uint32(high.f>>shift), high.f&(one-1)
	kappa := 10
	for kappa > 1 && uint64(whole) < tens[kappa-1] {
		kappa--
	}
	digits = make([]byte, 0, 20)
	for kappa > 0 {
		kappa--
		d := whole / uint32(tens[kappa])
		whole %= uint32(tens[kappa])
		if d != 0 || len(digits) > 0 {
			digits = append(digits, '0'+byte(d))
		}
		if rest := uint64(whole)<<shift + part; rest <= delta {
			return digits, kappa
		}
	}
	for {
		part *= 10
		delta *= 10
		if d := byte(part >> shift); d != 0 || len(digits) > 0 {
			digits = append(digits, '0'+d)
		}
		part &= one - 1
		kappa--
		if part < delta {
			return digits, kappa
		}
	}
}
