package kernel

import (
	"math"
	"math/bits"
	"math/cmplx"
)

func seriesTransforms() family {
	return family{
		"series_fft":  dynamicFunc(1, 2, func(a []any) any { return transform(a, false) }),
		"series_ifft": dynamicFunc(1, 2, func(a []any) any { return transform(a, true) }),
	}
}

// transform gives the real and the imaginary part of the discrete Fourier transform; the inverse is divided by the length.
func transform(a []any, inverse bool) any {
	re, ok := cleanSeries(a)
	if !ok || len(re) > maxRange {
		return make([]any, 2)
	}
	im := make([]float64, len(re))
	if len(a) > 1 && a[1] != nil {
		if im, ok = cleanSeries(a[1:]); !ok || len(im) != len(re) {
			return make([]any, 2)
		}
	}
	x := make([]complex128, len(re))
	for i := range x {
		x[i] = complex(re[i], im[i])
	}
	x = fourier(x, inverse)
	re, im = make([]float64, len(x)), make([]float64, len(x))
	size := 1.0
	if inverse {
		size = float64(len(x))
	}
	for i, v := range x {
		re[i], im[i] = real(v)/size, imag(v)/size
	}
	return []any{boxReals(re), boxReals(im)}
}

// fourier is the transform of any length, not normalised: by halves when it is a power of two, else as a convolution of
// such a length (Bluestein).
func fourier(x []complex128, inverse bool) []complex128 {
	n := len(x)
	if n < 2 {
		return x
	}
	if n&(n-1) == 0 {
		return radix2(x, inverse)
	}
	sign := -1.0
	if inverse {
		sign = 1
	}
	chirp := make([]complex128, n)
	for i := range chirp {
		k := (int64(i) * int64(i)) % int64(2*n)
		chirp[i] = cmplx.Rect(1, sign*math.Pi*float64(k)/float64(n))
	}
	size := 1 << bits.Len(uint(2*n-1))
	a, b := make([]complex128, size), make([]complex128, size)
	for i := range n {
		a[i] = x[i] * chirp[i]
		b[i] = cmplx.Conj(chirp[i])
		b[(size-i)%size] = b[i]
	}
	a, b = radix2(a, false), radix2(b, false)
	for i := range a {
		a[i] *= b[i]
	}
	a = radix2(a, true)
	out := make([]complex128, n)
	for i := range out {
		out[i] = a[i] * chirp[i] / complex(float64(size), 0)
	}
	return out
}

func radix2(x []complex128, inverse bool) []complex128 {
	n := len(x)
	out := make([]complex128, n)
	shift := 64 - (bits.Len(uint(n)) - 1)
	for i, v := range x {
		out[bits.Reverse64(uint64(i))>>shift] = v
	}
	sign := -1.0
	if inverse {
		sign = 1
	}
	for half := 1; half < n; half *= 2 {
		turn := make([]complex128, half)
		for k := range turn {
			turn[k] = cmplx.Rect(1, sign*math.Pi*float64(k)/float64(half))
		}
		for from := 0; from < n; from += 2 * half {
			for k := range half {
				p, q := out[from+k], out[from+k+half]*turn[k]
				out[from+k], out[from+k+half] = p+q, p-q
			}
		}
	}
	return out
}
