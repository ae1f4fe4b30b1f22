package sphere

import (
	"container/heap"
	"slices"

	"github.com/golang/geo/s2"
	"github.com/peterstace/simplefeatures/geom"
)

func pointsOf(polygons []Polygon) [][]s2.Point {
	var out [][]s2.Point
	for _, p := range polygons {
		for _, r := range p {
			out = append(out, r)
		}
	}
	return out
}

// valid reports whether no two parts overlap and no ring crosses itself, which a polygon must not.
func valid(g geom.Geometry) bool { return g.Validate() == nil }

// IntersectLines is what two sets of lines have in common: points and lines.
func IntersectLines(a, b []Line) (Shape, bool) {
	o, ok := newOverlay(append(slices.Clone(a), b...)...)
	if !ok {
		return Shape{}, false
	}
	return o.intersect(o.lines(a), o.lines(b))
}

// IntersectLinePolygon is what lies of lines in polygons.
func IntersectLinePolygon(a []Line, b []Polygon) (Shape, bool) {
	o, ok := newOverlay(append(slices.Clone(a), pointsOf(b)...)...)
	if !ok {
		return Shape{}, false
	}
	return o.intersect(o.lines(a), o.polygons(b))
}

// IntersectPolygons is what two sets of polygons have in common; where they only touch, points and lines.
func IntersectPolygons(a, b []Polygon) (Shape, bool) {
	o, ok := newOverlay(append(pointsOf(a), pointsOf(b)...)...)
	if !ok {
		return Shape{}, false
	}
	return o.intersect(o.polygons(a), o.polygons(b))
}

func (o *overlay) intersect(a, b geom.Geometry) (Shape, bool) {
	if !valid(a) || !valid(b) {
		return Shape{}, false
	}
	g, err := geom.Intersection(a, b)
	if err != nil {
		return Shape{}, false
	}
	return o.shape(g), true
}

// UniteLines joins lines into one set without pieces that occur twice.
func UniteLines(list []Line) (Shape, bool) {
	o, ok := newOverlay(list...)
	if !ok {
		return Shape{}, false
	}
	g, err := geom.UnaryUnion(o.lines(list))
	if err != nil {
		return Shape{}, false
	}
	return o.shape(g), true
}

// UnitePolygons unites polygons two by two, those of the fewest corners first, as S2 does.
func UnitePolygons(list []Polygon) ([]Polygon, bool) {
	q := &unions{}
	for i, p := range list {
		q.items = append(q.items, union{[]Polygon{p}, corners([]Polygon{p}), i})
	}
	q.next = len(list)
	heap.Init(q)
	for q.Len() > 1 {
		a, b := heap.Pop(q).(union), heap.Pop(q).(union)
		both, ok := uniteTwo(a.polygons, b.polygons)
		if !ok {
			return nil, false
		}
		heap.Push(q, union{both, a.corners + b.corners, q.next})
		q.next++
	}
	if q.Len() == 0 {
		return nil, true
	}
	return q.items[0].polygons, true
}

func uniteTwo(a, b []Polygon) ([]Polygon, bool) {
	o, ok := newOverlay(append(pointsOf(a), pointsOf(b)...)...)
	if !ok {
		return nil, false
	}
	ga, gb := o.polygons(a), o.polygons(b)
	if !valid(ga) || !valid(gb) {
		return nil, false
	}
	g, err := geom.Union(ga, gb)
	if err != nil {
		return nil, false
	}
	return o.shape(g).Polygons, true
}

func corners(list []Polygon) int {
	n := 0
	for _, p := range list {
		for _, r := range p {
			n += len(r)
		}
	}
	return n
}

// union is a queue entry: the fewest corners first, counted before they were united, then the oldest.
type union struct {
	polygons []Polygon
	corners  int
	age      int
}

type unions struct {
	items []union
	next  int
}

func (q *unions) Len() int { return len(q.items) }
func (q *unions) Less(i, j int) bool {
	a, b := q.items[i], q.items[j]
	return a.corners < b.corners || a.corners == b.corners && a.age < b.age
}
func (q *unions) Swap(i, j int) { q.items[i], q.items[j] = q.items[j], q.items[i] }
func (q *unions) Push(x any)    { q.items = append(q.items, x.(union)) }
func (q *unions) Pop() any {
	last := q.items[len(q.items)-1]
	q.items = q.items[:len(q.items)-1]
	return last
}
