package sphere

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/golang/geo/r2"
	"github.com/golang/geo/s2"
)

func ring(lngLat ...float64) Ring {
	var out Ring
	for i := 0; i < len(lngLat); i += 2 {
		out = append(out, At(lngLat[i], lngLat[i+1]))
	}
	return out
}

func square(x, y, size float64) Polygon {
	return NewPolygon([]Ring{ring(x, y, x+size, y, x+size, y+size, x, y+size)})
}

func total(list []Polygon) float64 {
	sum := 0.0
	for _, p := range list {
		sum += p.Loops().Area()
	}
	return sum
}

func TestDirectionOfRings(t *testing.T) {
	cw := ring(0, 0, 0, 1, 1, 1, 1, 0)
	p := NewPolygon([]Ring{cw, ring(0.2, 0.2, 0.4, 0.2, 0.4, 0.4)})
	if area(p[0]) > 1 {
		t.Error("the shell runs clockwise")
	}
	if area(p[1]) < 1 {
		t.Error("the hole runs counterclockwise")
	}
	if got, want := p.Loops().Area(), area(p[0])-area(reversed(p[1])); math.Abs(got-want) > 1e-12 {
		t.Errorf("the area is %v, want %v", got, want)
	}
}

// TestAreasAddUp: what two polygons cover together is what each covers less what both do.
func TestAreasAddUp(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		star := func() Polygon {
			x, y := r.Float64()*2, r.Float64()*2+40
			var out Ring
			n := 3 + r.IntN(12)
			for i := range n {
				a, d := 2*math.Pi*float64(i)/float64(n), 0.2+r.Float64()
				out = append(out, At(x+d*math.Cos(a), y+d*math.Sin(a)))
			}
			return NewPolygon([]Ring{out})
		}
		a, b := star(), star()
		both, ok := IntersectPolygons([]Polygon{a}, []Polygon{b})
		all, ok2 := UnitePolygons([]Polygon{a, b})
		if !ok || !ok2 {
			t.Fatal("not computed")
		}
		got, want := total(all), total([]Polygon{a, b})-total(both.Polygons)
		if math.Abs(got-want) > 1e-10*want+1e-14 {
			t.Fatalf("together %v, want %v", got, want)
		}
	}
}

func TestTouching(t *testing.T) {
	s, ok := IntersectPolygons([]Polygon{square(0, 0, 1)}, []Polygon{square(1, 1, 1)})
	if !ok || len(s.Points) != 1 || len(s.Polygons) != 0 {
		t.Errorf("corner to corner: %v %v", s, ok)
	}
	s, ok = IntersectPolygons([]Polygon{square(0, 0, 1)}, []Polygon{square(5, 5, 1)})
	if !ok || !s.Empty() {
		t.Errorf("apart: %v %v", s, ok)
	}
	s, ok = IntersectLines([]Line{ring(0, 0, 1, 1)}, []Line{ring(0, 1, 1, 0)})
	if !ok || len(s.Points) != 1 {
		t.Errorf("crossing lines: %v %v", s, ok)
	}
	s, ok = IntersectLinePolygon([]Line{ring(-1, 0.5, 2, 0.5)}, []Polygon{square(0, 0, 1)})
	if !ok || len(s.Lines) != 1 {
		t.Errorf("a line through a square: %v %v", s, ok)
	}
	if _, ok := IntersectPolygons([]Polygon{{ring(0, 0, 1, 1, 1, 0, 0, 1)}}, []Polygon{square(0, 0, 1)}); ok {
		t.Error("a ring that crosses itself was taken")
	}
	if _, ok := UniteLines([]Line{ring(0, 0, 170, 1), ring(-120, 5, -60, -40)}); ok {
		t.Error("lines all around the sphere were taken")
	}
}

func TestBuffers(t *testing.T) {
	const radius, tolerance = 0.001, 0.00001
	p, ok := BufferPoint(At(10, 50), radius, tolerance)
	if !ok {
		t.Fatal("no buffer")
	}
	for i, q := range p[0] {
		if d := float64(q.Distance(At(10, 50))); math.Abs(d-radius) > 1e-12 {
			t.Errorf("corner %d is %v away", i, d)
		}
		mid := s2.Interpolate(0.5, q, p[0][(i+1)%len(p[0])])
		if d := float64(mid.Distance(At(10, 50))); d < radius-tolerance {
			t.Errorf("side %d comes within %v", i, d)
		}
	}
	line := ring(10, 50, 10.1, 50.05, 10.2, 50, 10.1, 49.9)
	list, ok := BufferLine(line, radius, tolerance)
	if !ok || len(list) != 1 {
		t.Fatalf("%d polygons, %v", len(list), ok)
	}
	poly, loops := s2.Polyline(line), list[0].Loops()
	r := rand.New(rand.NewPCG(5, 6))
	for range 2000 {
		q := At(9.8+r.Float64()*0.6, 49.7+r.Float64()*0.6)
		near, _ := poly.Project(q)
		d := float64(near.Distance(q))
		if in := loops.ContainsPoint(q); d < radius-tolerance && !in || d > radius && in {
			t.Fatalf("a point %v away is inside: %v", d, in)
		}
	}
	wide, ok := BufferPolygon([]Polygon{square(10, 50, 0.1)}, radius, tolerance)
	if !ok || len(wide) != 1 || total(wide) <= square(10, 50, 0.1).Loops().Area() {
		t.Error("a wider polygon is no wider")
	}
	if _, ok := BufferPoint(At(0, 0), 2, 0.1); ok {
		t.Error("a buffer of more than a quarter of the sphere")
	}
}

func TestChains(t *testing.T) {
	diagonal, across := []r2.Point{{X: 50, Y: 50}, {X: 51, Y: 51}}, []r2.Point{{X: 170, Y: 10}, {X: -170, Y: 10}}
	if out, ok := Densify(diagonal, 10/6371010.0, false, 9); !ok || len(out) != 9 {
		t.Errorf("%d points, %v, want 9", len(out), ok)
	}
	for _, tolerance := range []float64{10 / 6371010.0, 0, math.NaN()} {
		if out, ok := Densify(diagonal, tolerance, false, 8); ok {
			t.Errorf("%d points where 8 are the most", len(out))
		}
	}
	short, _ := Densify(across, 0.001, true, 1000)
	long, _ := Densify(across, 0.001, false, 1000)
	if a, b := s2.Polyline(short), s2.Polyline(long); a.Length() > b.Length() {
		t.Errorf("the short way is %v long, the long one %v", a.Length(), b.Length())
	}
	line := ring(0, 0, 1, 0.0001, 2, 0, 3, 1)
	if out, ok := Simplify(line, 0.001); !ok || len(out) != 3 {
		t.Errorf("%d points left, %v", len(out), ok)
	}
	if _, ok := Simplify(line, 1); ok {
		t.Error("a line of nothing is left")
	}
	if out, ok := SimplifyRing(ring(0, 0, 0.5, 0.0001, 1, 0, 1, 1, 0, 1), 0.001); !ok || len(out) != 4 {
		t.Errorf("%d corners left, %v", len(out), ok)
	}
	if q, ok := Meridian(At(179, 10), At(-179, 10), 180); !ok || math.Abs(float64(s2.LatLngFromPoint(q).Lng.Degrees())) < 179.999 {
		t.Errorf("crossing at %v", q)
	}
}

func TestAzimuths(t *testing.T) {
	for _, c := range []struct{ lng, lat, want float64 }{{0, 1, 0}, {1, 0, 90}, {0, -1, 180}, {-1, 0, -90}} {
		if got := Azimuth(At(0, 0), At(c.lng, c.lat)) * toDegrees; math.Abs(math.Abs(got)-math.Abs(c.want)) > 1e-9 || got*c.want < 0 {
			t.Errorf("towards %v %v: %v, want %v", c.lng, c.lat, got, c.want)
		}
	}
}

func TestThereAndBack(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for range 10_000 {
		lng, lat := r.Float64()*360-180, r.Float64()*178-89
		x, y := Degrees(At(lng, lat))
		if math.Abs(x-lng) > 1e-12 || math.Abs(y-lat) > 1e-12 {
			t.Fatalf("%v %v comes back as %v %v", lng, lat, x, y)
		}
	}
}
