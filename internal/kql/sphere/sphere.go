// Package sphere computes with points, lines and polygons on the unit sphere, whose sides are geodesics: what geo functions
// intersect, unite, widen, thin out and cover.
//
// It knows no GeoJSON and no units: angles are radians. Rings are closed without a repeated corner, shells run
// counterclockwise and come first, holes run clockwise. Results keep the order of corners that the S2 library gives, on
// which the service is built: a ring ends in its side that came last in the input.
package sphere

import (
	"math"

	"github.com/golang/geo/s2"
)

// Line is two points or more.
type Line = []s2.Point

// Ring is three corners or more; the last is joined to the first.
type Ring = []s2.Point

// Polygon is a shell and its holes.
type Polygon []Ring

// Shape is what a computation leaves: parts of any dimension.
type Shape struct {
	Points   []s2.Point
	Lines    []Line
	Polygons []Polygon
}

// Empty reports whether nothing is left.
func (s Shape) Empty() bool { return len(s.Points)+len(s.Lines)+len(s.Polygons) == 0 }

// NewPolygon takes rings as they are written, in either direction, the smaller side of the first being inside.
func NewPolygon(rings []Ring) Polygon {
	out := make(Polygon, len(rings))
	for i, r := range rings {
		ccw := area(r) <= 2*math.Pi
		if ccw != (i == 0) {
			r = reversed(r)
		}
		out[i] = r
	}
	return out
}

// area is what lies left of a ring.
func area(r Ring) float64 { return s2.LoopFromPoints(r).Area() }

func reversed(r Ring) Ring {
	out := make(Ring, len(r))
	for i, p := range r {
		out[len(r)-1-i] = p
	}
	return out
}

// Loops gives a polygon to the S2 library.
func (p Polygon) Loops() *s2.Polygon {
	loops := make([]*s2.Loop, len(p))
	for i, r := range p {
		if i > 0 {
			r = reversed(r) // the library wants every loop to enclose what it bounds, and finds the holes itself
		}
		loops[i] = s2.LoopFromPoints(r)
	}
	return s2.PolygonFromLoops(loops)
}
