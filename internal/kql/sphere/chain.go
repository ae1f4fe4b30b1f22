package sphere

import (
	"math"

	"github.com/golang/geo/r2"
	"github.com/golang/geo/s1"
	"github.com/golang/geo/s2"
)

// Densify turns sides that are straight on a map of longitudes and latitudes into geodesics that leave them by the tolerance
// at most, by halves. Positions are longitude, latitude, in degrees; a longitude may be beyond 180. With wrap a side goes
// the short way around the sphere, without the way the numbers go. It fails when the chain would have more points than most.
func Densify(positions []r2.Point, tolerance float64, wrap bool, most int) ([]s2.Point, bool) {
	d := densifier{limit: s1.ChordAngleFromAngle(s1.Angle(errorScale * tolerance)), wrap: wrap, most: most}
	out := []s2.Point{unproject(positions[0])}
	for i := 1; i < len(positions); i++ {
		out = d.side(out, positions[i-1], unproject(positions[i-1]), positions[i], unproject(positions[i]), 0)
		if len(out) > most {
			return nil, false
		}
	}
	return out, true
}

// errorScale makes up for that the error of a side is looked at in two places only, at this share of it; both are of S2's tessellator.
const (
	errorScale = 0.83829992569888509
	errorPlace = 0.31215691082248312
)

// maxHalving bounds how often a side is halved.
const maxHalving = 40

type densifier struct {
	limit s1.ChordAngle
	wrap  bool
	most  int
}

func unproject(p r2.Point) s2.Point { return At(math.Remainder(p.X, 360), p.Y) }

func (d densifier) side(out []s2.Point, pa r2.Point, a s2.Point, pb r2.Point, b s2.Point, depth int) []s2.Point {
	if d.wrap && math.Abs(pb.X-pa.X) > 180 {
		pb.X = pa.X + math.Remainder(pb.X-pa.X, 360)
	}
	if depth == maxHalving || len(out) > d.most || d.off(pa, a, pb, b) <= d.limit {
		return append(out, b)
	}
	pm := r2.Point{X: 0.5*pa.X + 0.5*pb.X, Y: 0.5*pa.Y + 0.5*pb.Y}
	m := unproject(pm)
	out = d.side(out, pa, a, pm, m, depth+1)
	return d.side(out, pm, m, pb, b, depth+1)
}

// off estimates how far the geodesic leaves the straight side; sides beyond a quarter of the sphere are always halved.
func (d densifier) off(pa r2.Point, a s2.Point, pb r2.Point, b s2.Point) s1.ChordAngle {
	if a.Dot(b.Vector) < -1e-14 || math.Abs(pb.X-pa.X) > 180 {
		return s1.InfChordAngle()
	}
	at := func(t float64) s1.ChordAngle {
		return s2.ChordAngleBetweenPoints(s2.Interpolate(t, a, b), unproject(r2.Point{X: (1-t)*pa.X + t*pb.X, Y: (1-t)*pa.Y + t*pb.Y}))
	}
	return max(at(errorPlace), at(1-errorPlace))
}

// Simplify leaves out points of a line that are within the tolerance of it. It fails if nothing longer than the tolerance is left.
func Simplify(l Line, tolerance float64) (Line, bool) {
	line := s2.Polyline(l)
	var out Line
	for _, i := range line.SubsampleVertices(s1.Angle(tolerance)) {
		out = append(out, l[i])
	}
	if len(out) < 2 {
		return nil, false
	}
	for _, p := range l {
		if float64(p.Distance(l[0])) > tolerance {
			return out, true
		}
	}
	return nil, false
}

// SimplifyRing does the same with a ring.
func SimplifyRing(r Ring, tolerance float64) (Ring, bool) {
	// The corner farthest from the first stays too, so that the ring keeps a breadth.
	far := 0
	for i, p := range r {
		if p.Distance(r[0]) > r[far].Distance(r[0]) {
			far = i
		}
	}
	if far == 0 {
		return nil, false
	}
	one, ok := Simplify(r[:far+1], tolerance)
	two, ok2 := Simplify(append(append(Line{}, r[far:]...), r[0]), tolerance)
	if !ok || !ok2 {
		return nil, false
	}
	out := append(one[:len(one)-1], two[:len(two)-1]...)
	return out, len(out) >= 3
}

// Azimuth is the direction from a to b, in radians clockwise from north, above -pi and up to pi.
func Azimuth(a, b s2.Point) float64 {
	north := s2.PointFromCoords(0, 0, 1)
	ref, to := a.Cross(north.Vector), a.Cross(b.Vector)
	angle := -math.Atan2(ref.Cross(to).Dot(a.Vector), ref.Dot(to))
	if angle <= -math.Pi {
		return math.Pi
	}
	return angle
}

// Meridian is where the side from a to b crosses the meridian of a longitude in degrees.
func Meridian(a, b s2.Point, lng float64) (s2.Point, bool) {
	m := At(lng, 0)
	x := a.Cross(b.Vector).Cross(m.Cross(s2.PointFromCoords(0, 0, 1).Vector))
	if x.Norm() == 0 {
		return s2.Point{}, false
	}
	x = x.Normalize()
	if x.Dot(m.Vector) < 0 {
		x = x.Mul(-1)
	}
	return s2.Point{Vector: x}, true
}
