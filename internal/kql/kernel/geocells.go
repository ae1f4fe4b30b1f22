package kernel

import (
	"math"

	"github.com/golang/geo/s2"
	"github.com/uber/h3-go/v4"

	"github.com/vedette-siem/vedette/internal/kql/sphere"
	"github.com/vedette-siem/vedette/internal/schema"
)

// geoCells are the functions over the cells of H3 and S2, named by their tokens. What is not a cell is null, or "" for a string.
func geoCells() family {
	return family{
		"geo_point_to_h3cell":         typedFunc(schema.String, 2, 3, pointToH3),
		"geo_h3cell_to_central_point": dynamicFunc(1, 1, h3Center),
		"geo_h3cell_to_polygon":       dynamicFunc(1, 1, h3Polygon),
		"geo_h3cell_neighbors":        dynamicFunc(1, 1, h3Neighbors),
		"geo_h3cell_rings":            dynamicFunc(2, 2, h3Rings),
		"geo_h3cell_children":         dynamicFunc(1, 2, h3Children),
		"geo_h3cell_parent":           typedFunc(schema.String, 1, 2, h3Parent),
		"geo_h3cell_level":            typedFunc(schema.Int, 1, 1, h3Level),
		"geo_polygon_to_h3cells":      dynamicFunc(1, 3, polygonToH3),
		"geo_point_to_s2cell":         typedFunc(schema.String, 2, 3, pointToS2),
		"geo_s2cell_to_central_point": dynamicFunc(1, 1, s2Center),
		"geo_s2cell_to_polygon":       dynamicFunc(1, 1, s2Polygon),
		"geo_s2cell_neighbors":        dynamicFunc(1, 1, s2Neighbors),
		"geo_polygon_to_s2cells":      dynamicFunc(1, 3, polygonToS2),
		"geo_line_to_s2cells":         dynamicFunc(1, 3, lineToS2),
	}
}

// option reads a whole number that may be missing; a null is no number.
func option(a []any, at int, without int64) (int64, bool) {
	if at >= len(a) {
		return without, true
	}
	return toLong(a[at])
}

// degrees reads a longitude and a latitude.
func degrees(lng, lat any) (x, y float64, ok bool) {
	x, okX := toReal(lng)
	y, okY := toReal(lat)
	return x, y, okX && okY && math.Abs(x) <= 180 && math.Abs(y) <= 90
}

func h3Cell(v any) (h3.Cell, bool) {
	s := Text(v)
	if len(s) == 0 || len(s) > 16 {
		return 0, false
	}
	c := h3.Cell(h3.IndexFromString(s))
	return c, c.IsValid()
}

func pointToH3(a []any) any {
	lng, lat, ok := degrees(a[0], a[1])
	resolution, okR := option(a, 2, 6)
	if !ok || !okR || resolution < 0 || resolution > 15 {
		return ""
	}
	return h3.LatLngToCell(h3.NewLatLng(lat, lng), int(resolution)).String()
}

func h3Center(a []any) any {
	c, ok := h3Cell(a[0])
	if !ok {
		return nil
	}
	p := c.LatLng()
	return bagOf("type", "Point", "coordinates", []any{p.Lng, p.Lat})
}

func h3Polygon(a []any) any {
	c, ok := h3Cell(a[0])
	if !ok {
		return nil
	}
	var ring []any
	for _, p := range c.Boundary() {
		ring = append(ring, []any{p.Lng, p.Lat})
	}
	return bagOf("type", "Polygon", "coordinates", []any{append(ring, ring[0])})
}

func h3Tokens(cells []h3.Cell) []any {
	out := []any{}
	for _, c := range cells {
		if c != 0 {
			out = append(out, c.String())
		}
	}
	return out
}

func h3Neighbors(a []any) any {
	c, ok := h3Cell(a[0])
	if !ok {
		return nil
	}
	return setOrder(h3Tokens(c.GridDiskDistances(1)[1]))
}

// maxH3Distance and maxH3Steps bound the cells that one answer lists.
const (
	maxH3Distance = 142
	maxH3Steps    = 5
	maxCells      = 65_536
)

func h3Rings(a []any) any {
	c, ok := h3Cell(a[0])
	k, okK := toLong(a[1])
	if !ok || !okK || k < 0 || k > maxH3Distance {
		return nil
	}
	var out []any
	for _, ring := range c.GridDiskDistances(int(k)) {
		out = append(out, h3Tokens(ring))
	}
	return out
}

func h3Children(a []any) any {
	c, ok := h3Cell(a[0])
	if !ok {
		return nil
	}
	level, ok := option(a, 1, int64(c.Resolution())+1)
	if !ok || level <= int64(c.Resolution()) || level > 15 || level-int64(c.Resolution()) > maxH3Steps {
		return nil
	}
	return h3Tokens(c.Children(int(level)))
}

func h3Parent(a []any) any {
	c, ok := h3Cell(a[0])
	if !ok {
		return ""
	}
	level, ok := option(a, 1, int64(c.Resolution())-1)
	if !ok || level < 0 || level >= int64(c.Resolution()) {
		return ""
	}
	return c.Parent(int(level)).String()
}

func h3Level(a []any) any {
	c, ok := h3Cell(a[0])
	if !ok {
		return nil
	}
	return int64(c.Resolution())
}

// maxH3Room bounds the cells that the H3 library makes room for before it fills a polygon.
const maxH3Room = 64 * maxCells

// h3Estimate tells for how many cells the H3 library makes room: after the box around a polygon, a slim one without measure.
func h3Estimate(p sphere.Polygon, level int) float64 {
	west, south, east, north := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, q := range p[0] {
		lng, lat := sphere.Degrees(q)
		west, south, east, north = min(west, lng), min(south, lat), max(east, lng), max(north, lat)
	}
	across := h3.GreatCircleDistanceM(h3.NewLatLng(south, west), h3.NewLatLng(north, east))
	return across * across / min(3, (east-west)/(north-south)) / h3.HexagonAreaAvgM2(level)
}

// polygonToH3 lists the cells whose centres lie in a polygon, its sides being straight on the map.
func polygonToH3(a []any) any {
	list, ok := shapes(a[0])
	level, okL := option(a, 1, 6)
	if !ok || !okL || level < 0 || level > 15 {
		return nil
	}
	if list, ok = widened(list, a, 2); !ok {
		return nil
	}
	size := 0.0
	for _, p := range list {
		size += p.Loops().Area()
	}
	if size*earthRadius*earthRadius/h3.HexagonAreaAvgM2(int(level)) > 2*maxCells {
		return nil
	}
	var cells []h3.Cell
	for _, p := range list {
		if h3Estimate(p, int(level)) > maxH3Room {
			return nil
		}
		var g h3.GeoPolygon
		for i, r := range p {
			var loop h3.GeoLoop
			for _, q := range r {
				lng, lat := sphere.Degrees(q)
				loop = append(loop, h3.NewLatLng(lat, lng))
			}
			if i == 0 {
				g.GeoLoop = loop
			} else {
				g.Holes = append(g.Holes, loop)
			}
		}
		cells = append(cells, g.Cells(int(level))...)
	}
	if len(cells) > maxCells {
		return nil
	}
	return setOrder(h3Tokens(cells))
}

func s2Cell(v any) (s2.CellID, bool) {
	s := Text(v)
	if len(s) == 0 || len(s) > 16 {
		return 0, false
	}
	c := s2.CellIDFromToken(s)
	return c, c.IsValid()
}

func pointToS2(a []any) any {
	lng, lat, ok := degrees(a[0], a[1])
	level, okL := option(a, 2, 11)
	if !ok || !okL || level < 0 || level > s2.MaxLevel {
		return ""
	}
	return s2.CellIDFromLatLng(s2.LatLngFromDegrees(lat, lng)).Parent(int(level)).ToToken()
}

func s2Center(a []any) any {
	c, ok := s2Cell(a[0])
	if !ok {
		return nil
	}
	return geoJSONPoint(c.Point())
}

func s2Polygon(a []any) any {
	c, ok := s2Cell(a[0])
	if !ok {
		return nil
	}
	cell := s2.CellFromCellID(c)
	ring := make(sphere.Ring, 4)
	for i := range ring {
		ring[i] = cell.Vertex(i)
	}
	return geoJSONPolygon(sphere.Polygon{ring})
}

func s2Tokens(cells []s2.CellID) []any {
	out := []any{}
	for _, c := range cells {
		out = append(out, c.ToToken())
	}
	return out
}

func s2Neighbors(a []any) any {
	c, ok := s2Cell(a[0])
	if !ok {
		return nil
	}
	return setOrder(s2Tokens(c.AllNeighbors(c.Level())))
}

// covered lists the cells of one level that a region touches, unless they are too many.
func covered(r s2.Region, level int64, size float64) any {
	if level < 0 || level > s2.MaxLevel || size/s2.AvgAreaMetric.Value(int(level)) > maxCells {
		return nil
	}
	c := s2.RegionCoverer{MinLevel: int(level), MaxLevel: int(level), LevelMod: 1, MaxCells: 8}
	cells := c.Covering(r)
	if len(cells) > maxCells {
		return nil
	}
	return s2Tokens(cells)
}

func polygonToS2(a []any) any {
	list, ok := shapes(a[0])
	level, okL := option(a, 1, 11)
	if !ok || !okL {
		return nil
	}
	if list, ok = widened(list, a, 2); !ok {
		return nil
	}
	return coveredPolygons(list, level)
}

// touched is the least area, on the unit sphere, of the cells of a level that a polygon touches: its own, or that of the
// cells along its sides.
func touched(p sphere.Polygon, level int64) float64 {
	around := 0.0
	for _, r := range p {
		for i, q := range r {
			around += float64(q.Distance(r[(i+1)%len(r)]))
		}
	}
	return max(p.Loops().Area(), around/2*s2.AvgEdgeMetric.Value(int(min(max(level, 0), s2.MaxLevel)))) // a slim one has two sides in a cell
}

func coveredPolygons(list []sphere.Polygon, level int64) any {
	if len(list) == 1 {
		return covered(list[0].Loops(), level, touched(list[0], level))
	}
	seen, out := map[any]bool{}, []any{}
	for _, p := range list {
		loops := p.Loops()
		cells, ok := covered(loops, level, touched(p, level)).([]any)
		if !ok || len(out)+len(cells) > maxCells {
			return nil
		}
		for _, c := range cells {
			if !seen[c] {
				seen[c] = true
				out = append(out, c)
			}
		}
	}
	return out
}

func lineToS2(a []any) any {
	list, ok := lines(a[0])
	level, okL := option(a, 1, 11)
	if !ok || !okL {
		return nil
	}
	radius, ok := metresOption(a, 2)
	if !ok {
		return nil
	}
	seen, out := map[any]bool{}, []any{}
	for _, l := range list {
		line := toSphere(l)
		var cells []any
		if radius > 0 {
			around, ok := sphere.BufferLine(line, radius/earthRadius, bufferTolerance(radius, nil)/earthRadius)
			if !ok {
				return nil
			}
			cells, ok = coveredPolygons(around, level).([]any)
			if !ok {
				return nil
			}
		} else {
			p := s2.Polyline(line)
			// a line touches at least a cell for each cell's width of its length
			if cells, ok = covered(&p, level, float64(p.Length())*s2.AvgEdgeMetric.Value(int(min(max(level, 0), s2.MaxLevel)))).([]any); !ok {
				return nil
			}
		}
		for _, c := range cells {
			if !seen[c] {
				seen[c] = true
				out = append(out, c)
			}
		}
	}
	if len(out) > maxCells {
		return nil
	}
	return out
}
