package sphere

// #cgo LDFLAGS: -lm
// #include <math.h>
import "C"

import (
	"math"

	"github.com/golang/geo/r3"
	"github.com/golang/geo/s2"
)

// The C library rounds sine, cosine and arc tangent correctly in all but the rarest cases, as the service's does; Go's own
// are a unit in the last place off in one case of ten, which users would see in the coordinates they get back.

const (
	toRadians = math.Pi / 180
	toDegrees = 180 / math.Pi
)

// At is the point of a longitude and a latitude in degrees.
func At(lng, lat float64) s2.Point {
	theta, phi := C.double(lng*toRadians), C.double(lat*toRadians)
	across := float64(C.cos(phi))
	return s2.Point{Vector: r3.Vector{X: float64(C.cos(theta)) * across, Y: float64(C.sin(theta)) * across, Z: float64(C.sin(phi))}}
}

// Degrees is the longitude and the latitude of a point.
func Degrees(p s2.Point) (lng, lat float64) {
	lng = float64(C.atan2(C.double(p.Y), C.double(p.X)))
	lat = float64(C.atan2(C.double(p.Z), C.double(math.Sqrt(p.X*p.X+p.Y*p.Y))))
	return toDegrees * lng, toDegrees * lat
}
