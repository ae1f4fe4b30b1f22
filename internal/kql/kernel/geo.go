package kernel

import (
	"math"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/kql/sphere"
	"github.com/vedette-siem/vedette/internal/schema"
)

// earthRadius is the radius, in metres, of the sphere on which distances are measured.
const earthRadius = 6371010.0

func geography() family {
	pointIn := func(f func(a []any) any) def { return typedFunc(schema.Bool, 3, 5, f) }
	return family{
		"geo_distance_2points":          typedFunc(schema.Real, 4, 4, distance2Points),
		"geo_point_in_circle":           pointIn(pointInCircle),
		"geo_point_in_polygon":          pointIn(pointInPolygon),
		"geo_line_length":               typedFunc(schema.Real, 1, 1, lineLength),
		"geo_line_centroid":             dynamicFunc(1, 1, lineCentroid),
		"geo_polygon_perimeter":         typedFunc(schema.Real, 1, 1, polygonPerimeter),
		"geo_polygon_area":              typedFunc(schema.Real, 1, 1, polygonArea),
		"geo_distance_point_to_line":    typedFunc(schema.Real, 3, 3, func(a []any) any { return toLine(a, false) }),
		"geo_closest_point_on_line":     dynamicFunc(3, 3, func(a []any) any { return toLine(a, true) }),
		"geo_distance_point_to_polygon": typedFunc(schema.Real, 3, 3, func(a []any) any { return toPolygon(a, false) }),
		"geo_closest_point_on_polygon":  dynamicFunc(3, 3, func(a []any) any { return toPolygon(a, true) }),
		"geo_from_wkt":                  dynamicFunc(1, 1, func(a []any) any { return fromWKT(Text(a[0])) }),
		"geo_point_to_geohash":          typedFunc(schema.String, 2, 3, pointToGeohash),
		"geo_geohash_to_central_point":  dynamicFunc(1, 1, geohashCenter),
		"geo_geohash_to_polygon":        dynamicFunc(1, 1, geohashPolygon),
		"geo_geohash_neighbors":         dynamicFunc(1, 1, geohashNeighbors),
	}
}

// vec is a point of the unit sphere.
type vec struct{ x, y, z float64 }

func (a vec) dot(b vec) float64 { return a.x*b.x + a.y*b.y + a.z*b.z }
func (a vec) cross(b vec) vec {
	return vec{a.y*b.z - a.z*b.y, a.z*b.x - a.x*b.z, a.x*b.y - a.y*b.x}
}
func (a vec) add(b vec) vec        { return vec{a.x + b.x, a.y + b.y, a.z + b.z} }
func (a vec) scale(k float64) vec  { return vec{a.x * k, a.y * k, a.z * k} }
func (a vec) norm() float64        { return math.Sqrt(a.dot(a)) }
func (a vec) unit() vec            { return a.scale(1 / a.norm()) }
func (a vec) angle(b vec) float64  { return math.Atan2(a.cross(b).norm(), a.dot(b)) }
func (a vec) metres(b vec) float64 { return a.angle(b) * earthRadius }
func (a vec) degrees() (lng, lat float64) {
	return math.Atan2(a.y, a.x) * 180 / math.Pi, math.Atan2(a.z, math.Hypot(a.x, a.y)) * 180 / math.Pi
}

// onSphere returns the point of a longitude and latitude in degrees.
func onSphere(lng, lat any) (vec, bool) {
	x, okX := toReal(column.Resolve(lng))
	y, okY := toReal(column.Resolve(lat))
	if !okX || !okY || !(math.Abs(x) <= 180) || !(math.Abs(y) <= 90) {
		return vec{}, false
	}
	x, y = x*math.Pi/180, y*math.Pi/180
	return vec{math.Cos(y) * math.Cos(x), math.Cos(y) * math.Sin(x), math.Sin(y)}, true
}

func geoPoint(p vec) any {
	lng, lat := p.degrees()
	return bagOf("type", "Point", "coordinates", []any{lng, lat})
}

// path reads an array of positions; one of fewer than two points, or with a point twice in a row, is none.
func path(v any) ([]vec, bool) {
	list, ok := column.Resolve(v).([]any)
	if !ok || len(list) < 2 {
		return nil, false
	}
	out := make([]vec, len(list))
	for i, e := range list {
		pos, ok := column.Resolve(e).([]any)
		if !ok || len(pos) < 2 {
			return nil, false
		}
		if out[i], ok = onSphere(pos[0], pos[1]); !ok || i > 0 && out[i] == out[i-1] {
			return nil, false
		}
	}
	return out, true
}

// paths reads a list of arrays of positions.
func paths(v any) ([][]vec, bool) {
	list, ok := column.Resolve(v).([]any)
	if !ok || len(list) == 0 {
		return nil, false
	}
	var out [][]vec
	for _, e := range list {
		p, ok := path(e)
		if !ok {
			return nil, false
		}
		out = append(out, p)
	}
	return out, true
}

func geometry(v any) (kind string, coordinates any) {
	kind, _ = column.Member(v, "type").(string)
	return kind, column.Member(v, "coordinates")
}

// lines reads a LineString or MultiLineString.
func lines(v any) ([][]vec, bool) {
	switch kind, c := geometry(v); kind {
	case "LineString":
		p, ok := path(c)
		return [][]vec{p}, ok
	case "MultiLineString":
		return paths(c)
	}
	return nil, false
}

// polygons reads a Polygon or MultiPolygon: rings, closed, of three corners at least.
func polygons(v any) ([][][]vec, bool) {
	var out [][][]vec
	add := func(c any) bool {
		rings, ok := paths(c)
		if list, isList := column.Resolve(c).([]any); !ok && isList && len(list) == 1 { // one bracket too many is forgiven
			rings, ok = paths(list[0])
		}
		if !ok {
			return false
		}
		for _, r := range rings {
			if len(r) < 4 || r[0] != r[len(r)-1] {
				return false
			}
		}
		out = append(out, rings)
		return true
	}
	switch kind, c := geometry(v); kind {
	case "Polygon":
		return out, add(c) && len(out) > 0
	case "MultiPolygon":
		list, ok := column.Resolve(c).([]any)
		if !ok || len(list) == 0 {
			return nil, false
		}
		for _, e := range list {
			if !add(e) {
				return nil, false
			}
		}
		return out, true
	}
	return nil, false
}

func distance2Points(a []any) any {
	p, okP := onSphere(a[0], a[1])
	q, okQ := onSphere(a[2], a[3])
	if !okP || !okQ {
		return nil
	}
	return p.metres(q)
}

func pointInCircle(a []any) any {
	if len(a) != 5 {
		return nil
	}
	p, okP := onSphere(a[0], a[1])
	q, okQ := onSphere(a[2], a[3])
	radius, ok := toReal(a[4])
	if !okP || !okQ || !ok || radius < 0 {
		return nil
	}
	return p.metres(q) <= radius
}

// inRing sums the angles under which a point sees the sides of a ring.
func inRing(p vec, ring []vec) bool {
	sum := 0.0
	for i := 1; i < len(ring); i++ {
		a, b := p.cross(ring[i-1]), p.cross(ring[i])
		sum += math.Atan2(p.dot(a.cross(b)), a.dot(b))
	}
	return math.Abs(sum) > math.Pi
}

func inPolygons(p vec, list [][][]vec) bool {
	for _, rings := range list {
		in := false
		for _, r := range rings {
			if inRing(p, r) {
				in = !in
			}
		}
		if in {
			return true
		}
	}
	return false
}

func pointInPolygon(a []any) any {
	if len(a) != 3 {
		return nil
	}
	p, ok := onSphere(a[0], a[1])
	list, okL := polygons(a[2])
	if !ok || !okL {
		return nil
	}
	return inPolygons(p, list)
}

func pathLength(p []vec) float64 {
	sum := 0.0
	for i := 1; i < len(p); i++ {
		sum += p[i-1].metres(p[i])
	}
	return sum
}

func lineLength(a []any) any {
	list, ok := lines(a[0])
	if !ok {
		return nil
	}
	sum := 0.0
	for _, l := range list {
		sum += pathLength(l)
	}
	return sum
}

// lineCentroid adds up the sides' true centroids, each weighted by its length.
func lineCentroid(a []any) any {
	list, ok := lines(a[0])
	if !ok {
		return nil
	}
	var sum vec
	for _, l := range list {
		for i := 1; i < len(l); i++ {
			d, s := l[i-1].add(l[i].scale(-1)), l[i-1].add(l[i])
			if c := s.dot(s); c > 0 {
				sum = sum.add(s.scale(math.Sqrt(d.dot(d) / c)))
			}
		}
	}
	if sum.norm() == 0 {
		return nil
	}
	return geoPoint(sum.unit())
}

// united reads a Polygon or MultiPolygon; several are united first, for they may overlap.
func united(v any) ([][][]vec, bool) {
	list, ok := polygons(v)
	if !ok || len(list) == 1 {
		return list, ok
	}
	several, ok := shapes(v)
	if !ok {
		return nil, false
	}
	if several, ok = sphere.UnitePolygons(several); !ok {
		return nil, false
	}
	list = nil
	for _, p := range several {
		var rings [][]vec
		for _, r := range p {
			ring := make([]vec, 0, len(r)+1)
			for _, q := range r {
				ring = append(ring, vec{q.X, q.Y, q.Z})
			}
			rings = append(rings, append(ring, ring[0]))
		}
		list = append(list, rings)
	}
	return list, true
}

func polygonPerimeter(a []any) any {
	list, ok := united(a[0])
	if !ok {
		return nil
	}
	sum := 0.0
	for _, rings := range list {
		for _, r := range rings {
			sum += pathLength(r)
		}
	}
	return sum
}

// ringArea is the area of the smaller side of a ring, on the unit sphere.
func ringArea(r []vec) float64 {
	sum := 0.0
	for i := 1; i+2 < len(r); i++ {
		a, b, c := r[0], r[i], r[i+1]
		sum += 2 * math.Atan2(a.dot(b.cross(c)), 1+a.dot(b)+b.dot(c)+c.dot(a))
	}
	sum = math.Abs(sum)
	return min(sum, 4*math.Pi-sum)
}

func polygonArea(a []any) any {
	list, ok := united(a[0])
	if !ok {
		return nil
	}
	sum := 0.0
	for _, rings := range list {
		for i, r := range rings {
			if i == 0 {
				sum += ringArea(r)
			} else {
				sum -= ringArea(r)
			}
		}
	}
	return sum * earthRadius * earthRadius
}

// nearest returns the point of a side that is closest to p.
func nearest(p, a, b vec) vec {
	n := a.cross(b)
	if n.norm() > 0 {
		n = n.unit()
		foot := p.add(n.scale(-p.dot(n)))
		if foot.norm() > 0 && n.dot(a.cross(foot)) >= 0 && n.dot(foot.cross(b)) >= 0 {
			return foot.unit()
		}
	}
	if p.angle(a) <= p.angle(b) {
		return a
	}
	return b
}

func nearestOf(p vec, list [][]vec) vec {
	best, at := math.Inf(1), p
	for _, l := range list {
		for i := 1; i < len(l); i++ {
			q := nearest(p, l[i-1], l[i])
			if d := p.angle(q); d < best {
				best, at = d, q
			}
		}
	}
	return at
}

func toLine(a []any, point bool) any {
	p, ok := onSphere(a[0], a[1])
	list, okL := lines(a[2])
	if !ok || !okL {
		return nil
	}
	q := nearestOf(p, list)
	if point {
		return geoPoint(q)
	}
	return p.metres(q)
}

func toPolygon(a []any, point bool) any {
	p, ok := onSphere(a[0], a[1])
	list, okL := polygons(a[2])
	if !ok || !okL {
		return nil
	}
	q := p
	if !inPolygons(p, list) {
		var sides [][]vec
		for _, rings := range list {
			sides = append(sides, rings...)
		}
		q = nearestOf(p, sides)
	}
	if point {
		return geoPoint(q)
	}
	return p.metres(q)
}
