package sphere

import (
	"cmp"
	"math"
	"slices"

	"github.com/golang/geo/r3"
	"github.com/golang/geo/s2"
	"github.com/peterstace/simplefeatures/geom"
)

// plane is the gnomonic projection around a point: geodesics are straight lines there, so that plane geometry is exact.
type plane struct{ x, y, z r3.Vector }

// farthest is how far, as a cosine, a point may be from the centre of the projection.
const farthest = 0.02

// planeOf puts the centre amid the points. It fails when they do not lie on one side of the sphere.
func planeOf(points ...[]s2.Point) (plane, bool) {
	var sum r3.Vector
	for _, l := range points {
		for _, p := range l {
			sum = sum.Add(p.Vector)
		}
	}
	if sum.Norm() == 0 {
		return plane{}, false
	}
	z := sum.Normalize()
	for _, l := range points {
		for _, p := range l {
			if z.Dot(p.Vector) < farthest {
				return plane{}, false
			}
		}
	}
	x := s2.Ortho(s2.Point{Vector: z}).Vector
	return plane{x, z.Cross(x), z}, true
}

func (g plane) to(p s2.Point) (x, y float64) {
	d := p.Dot(g.z)
	return p.Dot(g.x) / d, p.Dot(g.y) / d
}

func (g plane) from(x, y float64) s2.Point {
	return s2.Point{Vector: g.z.Add(g.x.Mul(x)).Add(g.y.Mul(y)).Normalize()}
}

// overlay computes with shapes on a plane and brings results back.
type overlay struct {
	plane
	known map[[2]float64]s2.Point // corners of the input, to come back unchanged
	sides []side                  // of the input, in order
}

type side struct{ ax, ay, bx, by float64 }

func newOverlay(points ...[]s2.Point) (*overlay, bool) {
	g, ok := planeOf(points...)
	return &overlay{plane: g, known: map[[2]float64]s2.Point{}}, ok
}

func (o *overlay) sequence(l []s2.Point, closed bool) geom.LineString {
	if closed {
		l = append(slices.Clone(l), l[0])
	}
	flat := make([]float64, 0, 2*len(l))
	for i, p := range l {
		x, y := o.to(p)
		o.known[[2]float64{x, y}] = p
		if i > 0 {
			o.sides = append(o.sides, side{flat[2*i-2], flat[2*i-1], x, y})
		}
		flat = append(flat, x, y)
	}
	return geom.NewLineString(geom.NewSequence(flat, geom.DimXY))
}

func (o *overlay) lines(list []Line) geom.Geometry {
	var out []geom.LineString
	for _, l := range list {
		out = append(out, o.sequence(l, false))
	}
	return geom.NewMultiLineString(out).AsGeometry()
}

func (o *overlay) polygons(list []Polygon) geom.Geometry {
	var out []geom.Geometry
	for _, p := range list {
		var rings []geom.LineString
		for _, r := range p {
			rings = append(rings, o.sequence(r, true))
		}
		out = append(out, geom.NewPolygon(rings).AsGeometry())
	}
	if len(out) == 1 {
		return out[0]
	}
	return geom.NewGeometryCollection(out).AsGeometry()
}

func (o *overlay) back(xy geom.XY) s2.Point {
	if p, ok := o.known[[2]float64{xy.X, xy.Y}]; ok {
		return p
	}
	return o.from(xy.X, xy.Y)
}

func (o *overlay) line(l geom.LineString) Line {
	seq := l.Coordinates()
	out := make(Line, seq.Length())
	for i := range out {
		out[i] = o.back(seq.GetXY(i))
	}
	return out
}

// shape brings a result back, rings and lines as S2 would list them.
func (o *overlay) shape(g geom.Geometry) Shape {
	var s Shape
	type part struct {
		first int
		p     Polygon
	}
	var parts []part
	for _, d := range g.Dump() {
		switch d.Type() {
		case geom.TypePoint:
			if xy, ok := d.MustAsPoint().XY(); ok {
				s.Points = append(s.Points, o.back(xy))
			}
		case geom.TypeLineString:
			s.Lines = append(s.Lines, o.directed(d.MustAsLineString()))
		case geom.TypePolygon:
			rings := d.MustAsPolygon().ForceCCW().DumpRings()
			p := make(Polygon, len(rings))
			first := math.MaxInt
			for i, r := range rings {
				var from int
				p[i], from = o.ring(r)
				first = min(first, from)
			}
			parts = append(parts, part{first, p})
		}
	}
	slices.SortStableFunc(parts, func(a, b part) int { return cmp.Compare(a.first, b.first) })
	for _, p := range parts {
		s.Polygons = append(s.Polygons, p.p)
	}
	return s
}

// ring starts a ring after its side that came last in the input (after all pieces of it), and says which came first.
func (o *overlay) ring(l geom.LineString) (Ring, int) {
	corners := o.corners(l)
	n := len(corners)
	out, ids := make(Ring, n), make([]int, n)
	first := math.MaxInt
	for i := range n {
		a, b := corners[i], corners[(i+1)%n]
		out[i], ids[i] = o.back(a), o.sideOf(a, b)
		if ids[i] >= 0 {
			first = min(first, ids[i])
		}
	}
	at, gap := 0, false
	for i := 1; i < n; i++ {
		switch {
		case ids[i] < ids[at]:
			gap = true
		case ids[i] > ids[at] || !gap:
			at, gap = i, false
		}
	}
	return append(slices.Clone(out[(at+1)%n:]), out[:(at+1)%n]...), first
}

// corners are those of a ring without the places where a side of the input was only cut to compute with it.
func (o *overlay) corners(l geom.LineString) []geom.XY {
	seq := l.Coordinates()
	n := seq.Length() - 1
	var out []geom.XY
	for i := range n {
		p := seq.GetXY(i)
		if _, ok := o.known[[2]float64{p.X, p.Y}]; !ok {
			before, after := o.sideOf(seq.GetXY((i+n-1)%n), p), o.sideOf(p, seq.GetXY(i+1))
			if before >= 0 && before == after {
				continue
			}
		}
		out = append(out, p)
	}
	return out
}

// directed turns a line the way of the input.
func (o *overlay) directed(l geom.LineString) Line {
	seq := l.Coordinates()
	a, b := seq.GetXY(0), seq.GetXY(1)
	if id := o.sideOf(a, b); id >= 0 {
		if s := o.sides[id]; (s.bx-s.ax)*(b.X-a.X)+(s.by-s.ay)*(b.Y-a.Y) < 0 {
			return reversed(o.line(l))
		}
	}
	return o.line(l)
}

// sideOf finds the first side of the input that a piece of the result lies on; -1 is none.
func (o *overlay) sideOf(a, b geom.XY) int {
	const near = 1e-12
	on := func(s side, p geom.XY) bool {
		dx, dy := s.bx-s.ax, s.by-s.ay
		size := math.Hypot(dx, dy)
		px, py := p.X-s.ax, p.Y-s.ay
		along := (px*dx + py*dy) / size
		return math.Abs(px*dy-py*dx)/size < near && along > -near && along < size+near
	}
	for i, s := range o.sides {
		if on(s, a) && on(s, b) {
			return i
		}
	}
	return -1
}
