package kernel

import (
	"math"

	"github.com/golang/geo/r2"
	"github.com/golang/geo/s2"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/kql/sphere"
)

// toleranceOf reads a tolerance in metres and gives radians: 10 m when not told.
func toleranceOf(a []any, at int, least, most float64) (float64, bool) {
	t := 10.0
	if at < len(a) {
		var ok bool
		if t, ok = toReal(a[at]); !ok || !(t >= least && t <= most) { // NaN is none
			return 0, false
		}
	}
	return t / earthRadius, true
}

// antimeridian is as near to 180 degrees as a cut comes.
const antimeridian = 179.999999999999

// split cuts a chain where it crosses the antimeridian.
func split(l []s2.Point) [][]any {
	var out [][]any
	var part []any
	last := 0.0
	for i, p := range l {
		lng, lat := sphere.Degrees(p)
		if i > 0 && math.Abs(lng-last) > 180 {
			edge := math.Copysign(antimeridian, last)
			if q, ok := sphere.Meridian(l[i-1], p, 180); ok {
				_, at := sphere.Degrees(q)
				part = append(part, []any{edge, at})
				out, part = append(out, part), []any{[]any{-edge, at}}
			} else {
				out, part = append(out, part), nil
			}
		}
		part = append(part, []any{lng, lat})
		last = lng
	}
	return append(out, part)
}

// maxPoints bounds the points of a shape that is made denser.
const maxPoints = 100_000

// lineDensify binds geo_line_densify(line [, tolerance [, keep crossings]]).
func lineDensify(a []any) any {
	tolerance, ok := toleranceOf(a, 1, 0.1, 10_000)
	keep := false
	if len(a) > 2 {
		keep, _ = toBool(a[2])
	}
	if !ok {
		return nil
	}
	kind, coordinates := geometry(a[0])
	var list []any
	switch kind {
	case "LineString":
		list = []any{coordinates}
	case "MultiLineString":
		list, _ = column.Resolve(coordinates).([]any)
	}
	var out []any
	points := 0
	for _, e := range list {
		path, ok := rawPath(e)
		if !ok {
			return nil
		}
		chain, ok := sphere.Densify(path, tolerance, keep, maxPoints-points)
		if !ok {
			return nil
		}
		points += len(chain)
		if keep {
			out = append(out, positions(chain))
			continue
		}
		for _, part := range split(chain) {
			if len(part) > 1 {
				out = append(out, part)
			}
		}
	}
	switch len(out) {
	case 0:
		return nil
	case 1:
		return bagOf("type", "LineString", "coordinates", out[0])
	}
	return bagOf("type", "MultiLineString", "coordinates", out)
}

// polygonDensify binds geo_polygon_densify(polygon [, tolerance [, keep crossings]]).
func polygonDensify(a []any) any {
	tolerance, ok := toleranceOf(a, 1, 0.1, 10_000)
	keep := false
	if len(a) > 2 {
		keep, _ = toBool(a[2])
	}
	if !ok {
		return nil
	}
	kind, coordinates := geometry(a[0])
	var list []any
	switch kind {
	case "Polygon":
		list = []any{coordinates}
	case "MultiPolygon":
		list, _ = column.Resolve(coordinates).([]any)
	}
	var out []sphere.Polygon
	points := 0
	for _, e := range list {
		rings, ok := column.Resolve(e).([]any)
		if !ok || len(rings) == 0 {
			return nil
		}
		var p []sphere.Ring
		for _, r := range rings {
			path, ok := rawPath(r)
			if !ok || len(path) < 4 || path[0] != path[len(path)-1] || repeats(path) {
				return nil
			}
			chain, ok := sphere.Densify(path, tolerance, keep, maxPoints-points)
			if !ok {
				return nil
			}
			points += len(chain)
			p = append(p, chain[:len(chain)-1])
		}
		out = append(out, sphere.NewPolygon(p))
	}
	if len(out) == 0 {
		return nil
	}
	return geoJSON(sphere.Shape{Polygons: out})
}

func repeats(path []r2.Point) bool {
	for i := 1; i < len(path); i++ {
		if path[i] == path[i-1] {
			return true
		}
	}
	return false
}

func lineSimplify(a []any) any {
	list, ok := sphereLines(a[0])
	tolerance, okT := toleranceOf(a, 1, 0, 1e7)
	if !ok || !okT {
		return nil
	}
	var out sphere.Shape
	for _, l := range list {
		if s, ok := sphere.Simplify(l, tolerance); ok {
			out.Lines = append(out.Lines, s)
		}
	}
	if out.Empty() {
		return nil
	}
	return geoJSON(out)
}

func simplified(list []sphere.Polygon, tolerance float64) any {
	var out sphere.Shape
	for _, p := range list {
		var q sphere.Polygon
		for i, r := range p {
			s, ok := sphere.SimplifyRing(r, tolerance)
			if !ok && i == 0 {
				break
			}
			if ok {
				q = append(q, s)
			}
		}
		if len(q) > 0 {
			out.Polygons = append(out.Polygons, q)
		}
	}
	if out.Empty() {
		return nil
	}
	return geoJSON(out)
}

func polygonSimplify(a []any) any {
	list, ok := shapes(a[0])
	tolerance, okT := toleranceOf(a, 1, 0, 1e7)
	if !ok || !okT {
		return nil
	}
	return simplified(list, tolerance)
}

func simplifyPolygons(a []any) any {
	list, ok := shapesOf(a[0])
	tolerance, okT := toleranceOf(a, 1, 0, 1e7)
	if !ok || !okT {
		return nil
	}
	return simplified(list, tolerance)
}

func lineInterpolate(a []any) any {
	list, ok := sphereLines(a[0])
	f, okF := toReal(a[1])
	if !ok || !okF || len(list) != 1 || !(f >= 0 && f <= 1) {
		return nil
	}
	line := s2.Polyline(list[0])
	p, _ := line.Interpolate(f)
	return geoJSONPoint(p)
}

func lineLocate(a []any) any {
	list, ok := sphereLines(a[0])
	p, okP := spherePoint(a[1], a[2])
	if !ok || !okP || len(list) != 1 {
		return nil
	}
	line := s2.Polyline(list[0])
	at, next := line.Project(p)
	return line.Uninterpolate(at, next)
}

// apart reports whether two points span a direction.
func apart(p, q s2.Point) bool { return p != q && p != (s2.Point{Vector: q.Mul(-1)}) }

func azimuthOf(a []any) any {
	p, okP := spherePoint(a[0], a[1])
	q, okQ := spherePoint(a[2], a[3])
	if !okP || !okQ || !apart(p, q) {
		return nil
	}
	return sphere.Azimuth(p, q)
}

// angleOf is the angle at the second point, clockwise from the first to the third, 0 to 2 pi.
func angleOf(a []any) any {
	p, okP := spherePoint(a[0], a[1])
	q, okQ := spherePoint(a[2], a[3])
	r, okR := spherePoint(a[4], a[5])
	if !okP || !okQ || !okR || !apart(p, q) || !apart(q, r) {
		return nil
	}
	angle := sphere.Azimuth(q, r) - sphere.Azimuth(q, p)
	if angle < 0 {
		angle += 2 * math.Pi
	}
	return angle
}
