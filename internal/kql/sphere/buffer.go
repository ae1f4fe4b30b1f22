package sphere

import (
	"math"

	"github.com/golang/geo/s1"
	"github.com/golang/geo/s2"
)

// arcStep is the widest angle between corners at a distance so that no side comes nearer than distance less tolerance.
func arcStep(radius, tolerance float64) float64 {
	if radius >= math.Pi/2-0.01 {
		return math.Pi / 4
	}
	least := max(radius-tolerance, 0)
	return min(2*math.Acos(math.Tan(least)/math.Tan(radius)), 2*math.Pi/3)
}

// maxCorners bounds what a buffer is made of.
const maxCorners = 100_000

// maxAllCorners bounds all the buffers of a line's sides together.
const maxAllCorners = 10 * maxCorners

// BufferPoint is the polygon around a point.
func BufferPoint(p s2.Point, radius, tolerance float64) (Polygon, bool) {
	n := math.Ceil(2 * math.Pi / arcStep(radius, tolerance))
	if !(n >= 3 && n < maxCorners) || radius <= 0 || radius >= math.Pi/2 {
		return nil, false
	}
	start := s2.Ortho(p)
	ring := make(Ring, int(n))
	for i := range ring {
		ring[i] = s2.PointOnRay(p, s2.Rotate(start, p, s1.Angle(2*math.Pi/n*float64(i))), s1.Angle(radius))
	}
	return Polygon{ring}, true
}

// BufferLine is the polygons around a line, with round ends.
func BufferLine(l Line, radius, tolerance float64) ([]Polygon, bool) {
	b := buffer{radius: radius, step: arcStep(radius, tolerance)}
	if !(2*math.Pi/b.step < maxCorners) || radius <= 0 || radius >= math.Pi/2 {
		return nil, false
	}
	if len(l) == 2 {
		var ring Ring
		ring = b.arc(ring, l[0], left(l[0], l[1]), math.Pi)
		ring = b.arc(ring, l[1], left(l[1], l[0]), math.Pi)
		return []Polygon{{ring}}, true
	}
	if float64(len(l))*2*math.Pi/b.step >= maxAllCorners {
		return nil, false
	}
	var pieces []Polygon
	for i := 1; i < len(l); i++ {
		piece, ok := BufferLine(l[i-1:i+1], radius, tolerance)
		if !ok {
			return nil, false
		}
		pieces = append(pieces, piece...)
	}
	return UnitePolygons(pieces)
}

// BufferPolygon widens a polygon.
func BufferPolygon(list []Polygon, radius, tolerance float64) ([]Polygon, bool) {
	pieces := append([]Polygon(nil), list...)
	for _, p := range list {
		for _, r := range p {
			around, ok := BufferLine(append(append(Line{}, r...), r[0]), radius, tolerance)
			if !ok {
				return nil, false
			}
			pieces = append(pieces, around...)
		}
	}
	return UnitePolygons(pieces)
}

type buffer struct{ radius, step float64 }

// left is the direction to the left of a, on the way to b.
func left(a, b s2.Point) s2.Point { return s2.Point{Vector: a.Cross(b.Vector).Normalize()} }

// arc appends points around a centre, counterclockwise from a direction: step by step, and the end.
func (b buffer) arc(ring Ring, center, from s2.Point, angle float64) Ring {
	for turn := 0.0; turn < angle-1e-12; turn += b.step {
		ring = append(ring, s2.PointOnRay(center, s2.Rotate(from, center, s1.Angle(turn)), s1.Angle(b.radius)))
	}
	return append(ring, s2.PointOnRay(center, s2.Rotate(from, center, s1.Angle(angle)), s1.Angle(b.radius)))
}
