package kernel

import (
	"math"

	"github.com/golang/geo/r2"
	"github.com/golang/geo/s2"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/kql/sphere"
	"github.com/vedette-siem/vedette/internal/schema"
)

// geoShapes are the functions that make shapes of shapes. What is no valid shape, and what lies all around the sphere, is null.
func geoShapes() family {
	return family{
		"geo_intersects_2lines":              typedFunc(schema.Bool, 2, 2, intersects(intersectLines)),
		"geo_intersects_line_with_polygon":   typedFunc(schema.Bool, 2, 2, intersects(intersectLinePolygon)),
		"geo_intersects_2polygons":           typedFunc(schema.Bool, 2, 2, intersects(intersectPolygons)),
		"geo_intersection_2lines":            dynamicFunc(2, 2, intersection(intersectLines)),
		"geo_intersection_line_with_polygon": dynamicFunc(2, 2, intersection(intersectLinePolygon)),
		"geo_intersection_2polygons":         dynamicFunc(2, 2, intersection(intersectPolygons)),
		"geo_union_polygons_array":           dynamicFunc(1, 1, unionPolygons),
		"geo_union_lines_array":              dynamicFunc(1, 1, unionLines),
		"geo_simplify_polygons_array":        dynamicFunc(1, 2, simplifyPolygons),
		"geo_point_buffer":                   dynamicFunc(3, 4, pointBuffer),
		"geo_line_buffer":                    dynamicFunc(2, 3, lineBuffer),
		"geo_polygon_buffer":                 dynamicFunc(2, 3, polygonBuffer),
		"geo_polygon_centroid":               dynamicFunc(1, 1, polygonCentroid),
		"geo_polygon_simplify":               dynamicFunc(1, 2, polygonSimplify),
		"geo_polygon_densify":                dynamicFunc(1, 3, polygonDensify),
		"geo_line_densify":                   dynamicFunc(1, 3, lineDensify),
		"geo_line_simplify":                  dynamicFunc(1, 2, lineSimplify),
		"geo_line_interpolate_point":         dynamicFunc(2, 2, lineInterpolate),
		"geo_line_locate_point":              typedFunc(schema.Real, 3, 4, lineLocate),
		"geo_azimuth":                        typedFunc(schema.Real, 4, 4, azimuthOf),
		"geo_angle":                          typedFunc(schema.Real, 6, 6, angleOf),
	}
}

func toSphere(l []vec) sphere.Line {
	out := make(sphere.Line, len(l))
	for i, p := range l {
		out[i] = s2.PointFromCoords(p.x, p.y, p.z)
	}
	return out
}

func spherePoint(lng, lat any) (s2.Point, bool) {
	x, y, ok := degrees(lng, lat)
	return sphere.At(x, y), ok
}

// shapes reads a Polygon or MultiPolygon.
func shapes(v any) ([]sphere.Polygon, bool) {
	list, ok := polygons(v)
	if !ok {
		return nil, false
	}
	var out []sphere.Polygon
	for _, rings := range list {
		var p []sphere.Ring
		for _, r := range rings {
			p = append(p, toSphere(r[:len(r)-1]))
		}
		out = append(out, sphere.NewPolygon(p))
	}
	return out, true
}

func sphereLines(v any) ([]sphere.Line, bool) {
	list, ok := lines(v)
	if !ok {
		return nil, false
	}
	var out []sphere.Line
	for _, l := range list {
		out = append(out, toSphere(l))
	}
	return out, true
}

func position(p s2.Point) any {
	lng, lat := sphere.Degrees(p)
	return []any{lng, lat}
}

func positions(l []s2.Point) []any {
	out := make([]any, len(l))
	for i, p := range l {
		out[i] = position(p)
	}
	return out
}

func rings(p sphere.Polygon) []any {
	var out []any
	for _, r := range p {
		list := positions(r)
		out = append(out, append(list, list[0]))
	}
	return out
}

func geoJSONPoint(p s2.Point) any { return bagOf("type", "Point", "coordinates", position(p)) }
func geoJSONPolygon(p sphere.Polygon) any {
	return bagOf("type", "Polygon", "coordinates", rings(p))
}

// geoJSON is one shape, several of a kind, or a collection.
func geoJSON(s sphere.Shape) any {
	var points, paths, areas []any
	for _, p := range s.Points {
		points = append(points, position(p))
	}
	for _, l := range s.Lines {
		paths = append(paths, positions(l))
	}
	for _, p := range s.Polygons {
		areas = append(areas, rings(p))
	}
	list := []any{}
	add := func(kind string, parts []any) {
		switch len(parts) {
		case 0:
		case 1:
			list = append(list, bagOf("type", kind, "coordinates", parts[0]))
		default:
			list = append(list, bagOf("type", "Multi"+kind, "coordinates", parts))
		}
	}
	add("Point", points)
	add("LineString", paths)
	add("Polygon", areas)
	if len(list) == 1 {
		return list[0]
	}
	return bagOf("type", "GeometryCollection", "geometries", list)
}

func intersectLines(a, b any) (sphere.Shape, bool) {
	x, okX := sphereLines(a)
	y, okY := sphereLines(b)
	if !okX || !okY {
		return sphere.Shape{}, false
	}
	return sphere.IntersectLines(x, y)
}

func intersectLinePolygon(a, b any) (sphere.Shape, bool) {
	x, okX := sphereLines(a)
	y, okY := shapes(b)
	if !okX || !okY {
		return sphere.Shape{}, false
	}
	return sphere.IntersectLinePolygon(x, y)
}

func intersectPolygons(a, b any) (sphere.Shape, bool) {
	x, okX := shapes(a)
	y, okY := shapes(b)
	if !okX || !okY {
		return sphere.Shape{}, false
	}
	return sphere.IntersectPolygons(x, y)
}

func intersects(f func(a, b any) (sphere.Shape, bool)) func(a []any) any {
	return func(a []any) any {
		s, ok := f(a[0], a[1])
		if !ok {
			return nil
		}
		return !s.Empty()
	}
}

func intersection(f func(a, b any) (sphere.Shape, bool)) func(a []any) any {
	return func(a []any) any {
		s, ok := f(a[0], a[1])
		if !ok {
			return nil
		}
		return geoJSON(s)
	}
}

// maxShapes bounds the shapes of one array.
const maxShapes = 10_000

func shapesOf(v any) ([]sphere.Polygon, bool) {
	list, ok := v.([]any)
	if !ok || len(list) == 0 || len(list) > maxShapes {
		return nil, false
	}
	var out []sphere.Polygon
	for _, e := range list {
		p, ok := shapes(column.Resolve(e))
		if !ok {
			return nil, false
		}
		out = append(out, p...)
	}
	return out, true
}

func unionPolygons(a []any) any {
	list, ok := shapesOf(a[0])
	if !ok {
		return nil
	}
	if list, ok = sphere.UnitePolygons(list); !ok {
		return nil
	}
	return geoJSON(sphere.Shape{Polygons: list})
}

func unionLines(a []any) any {
	list, ok := a[0].([]any)
	if !ok || len(list) == 0 || len(list) > maxShapes {
		return nil
	}
	var all []sphere.Line
	for _, e := range list {
		l, ok := sphereLines(column.Resolve(e))
		if !ok {
			return nil
		}
		all = append(all, l...)
	}
	s, ok := sphere.UniteLines(all)
	if !ok {
		return nil
	}
	return geoJSON(s)
}

// metresOption reads a radius that may be missing: 0.
func metresOption(a []any, at int) (float64, bool) {
	if at >= len(a) {
		return 0, true
	}
	v, ok := toReal(a[at])
	return v, ok && v >= 0 && !math.IsInf(v, 0)
}

// widened buffers polygons by an optional radius in metres.
func widened(list []sphere.Polygon, a []any, at int) ([]sphere.Polygon, bool) {
	radius, ok := metresOption(a, at)
	if !ok || radius == 0 {
		return list, ok
	}
	return sphere.BufferPolygon(list, radius/earthRadius, bufferTolerance(radius, nil)/earthRadius)
}

// bufferTolerance is how far, in metres, a buffer may fall short of its radius: 10 when not told.
func bufferTolerance(radius float64, told any) float64 {
	if t, ok := toReal(told); ok {
		return t
	}
	return min(10, radius/2)
}

// bufferOf reads radius and tolerance, in metres, and gives radians.
func bufferOf(a []any, at int) (radius, tolerance float64, ok bool) {
	radius, ok = toReal(a[at])
	var told any
	if at+1 < len(a) {
		told = a[at+1]
		if t, isNumber := toReal(told); !isNumber || !(t >= 0.1 && t < radius) { // NaN is none
			return 0, 0, false
		}
	}
	if !ok || !(radius >= 0.1) || radius > 1e7 {
		return 0, 0, false
	}
	return radius / earthRadius, bufferTolerance(radius, told) / earthRadius, true
}

func pointBuffer(a []any) any {
	p, ok := spherePoint(a[0], a[1])
	radius, tolerance, okB := bufferOf(a, 2)
	if !ok || !okB {
		return nil
	}
	around, ok := sphere.BufferPoint(p, radius, tolerance)
	if !ok {
		return nil
	}
	return geoJSONPolygon(around)
}

func lineBuffer(a []any) any {
	list, ok := sphereLines(a[0])
	radius, tolerance, okB := bufferOf(a, 1)
	if !ok || !okB {
		return nil
	}
	var all []sphere.Polygon
	for _, l := range list {
		around, ok := sphere.BufferLine(l, radius, tolerance)
		if !ok {
			return nil
		}
		all = append(all, around...)
	}
	if all, ok = sphere.UnitePolygons(all); !ok {
		return nil
	}
	return geoJSON(sphere.Shape{Polygons: all})
}

func polygonBuffer(a []any) any {
	list, ok := shapes(a[0])
	radius, tolerance, okB := bufferOf(a, 1)
	if !ok || !okB {
		return nil
	}
	if list, ok = sphere.BufferPolygon(list, radius, tolerance); !ok {
		return nil
	}
	return geoJSON(sphere.Shape{Polygons: list})
}

func polygonCentroid(a []any) any {
	list, ok := shapes(a[0])
	if !ok {
		return nil
	}
	if len(list) > 1 {
		if list, ok = sphere.UnitePolygons(list); !ok {
			return nil
		}
	}
	var sum s2.Point
	for _, p := range list {
		sum = s2.Point{Vector: sum.Add(p.Loops().Centroid().Vector)}
	}
	if sum.Norm() == 0 {
		return nil
	}
	return geoJSONPoint(s2.Point{Vector: sum.Normalize()})
}

// rawPath reads positions as they are written, a longitude as far as two turns away.
func rawPath(v any) ([]r2.Point, bool) {
	list, ok := column.Resolve(v).([]any)
	if !ok || len(list) < 2 {
		return nil, false
	}
	var out []r2.Point
	for _, e := range list {
		pos, ok := column.Resolve(e).([]any)
		if !ok || len(pos) < 2 {
			return nil, false
		}
		x, okX := toReal(column.Resolve(pos[0]))
		y, okY := toReal(column.Resolve(pos[1]))
		if !okX || !okY || !(math.Abs(x) <= 540) || !(math.Abs(y) <= 90) {
			return nil, false
		}
		out = append(out, r2.Point{X: x, Y: y})
	}
	return out, true
}
