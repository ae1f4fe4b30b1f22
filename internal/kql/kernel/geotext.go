package kernel

import (
	"math"
	"strconv"
	"strings"
)

// wkt reads well-known text.
type wkt struct {
	s string
	i int
}

// fromWKT returns the GeoJSON of a well-known text; nil when it is broken.
func fromWKT(s string) any {
	w := &wkt{s: s}
	g := w.geometry(0)
	w.spaces()
	if w.i != len(w.s) {
		return nil
	}
	return g
}

func (w *wkt) spaces() {
	for w.i < len(w.s) && (w.s[w.i] == ' ' || w.s[w.i] == '\t' || w.s[w.i] == '\n' || w.s[w.i] == '\r') {
		w.i++
	}
}

func (w *wkt) eat(c byte) bool {
	w.spaces()
	if w.i < len(w.s) && w.s[w.i] == c {
		w.i++
		return true
	}
	return false
}

func (w *wkt) geometry(depth int) any {
	w.spaces()
	start := w.i
	for w.i < len(w.s) && (w.s[w.i]|0x20) >= 'a' && (w.s[w.i]|0x20) <= 'z' {
		w.i++
	}
	var kind string
	var level int // how deep the lists of positions nest
	switch strings.ToUpper(w.s[start:w.i]) {
	case "POINT":
		if !w.eat('(') {
			return nil
		}
		p := w.position()
		if p == nil || !w.eat(')') {
			return nil
		}
		return bagOf("type", "Point", "coordinates", p)
	case "LINESTRING":
		kind, level = "LineString", 1
	case "POLYGON":
		kind, level = "Polygon", 2
	case "MULTIPOINT":
		kind, level = "MultiPoint", 1
	case "MULTILINESTRING":
		kind, level = "MultiLineString", 2
	case "MULTIPOLYGON":
		kind, level = "MultiPolygon", 3
	case "GEOMETRYCOLLECTION":
		if depth > 16 || !w.eat('(') {
			return nil
		}
		var list []any
		for {
			g := w.geometry(depth + 1)
			if g == nil {
				return nil
			}
			list = append(list, g)
			if !w.eat(',') {
				break
			}
		}
		if !w.eat(')') {
			return nil
		}
		return bagOf("type", "GeometryCollection", "geometries", list)
	default:
		return nil
	}
	c := w.list(level)
	if c == nil {
		return nil
	}
	return bagOf("type", kind, "coordinates", c)
}

// list reads a bracketed list: of positions at level 1, of lists above.
func (w *wkt) list(level int) any {
	if !w.eat('(') {
		return nil
	}
	var out []any
	for {
		var e any
		switch {
		case level > 1:
			e = w.list(level - 1)
		case w.eat('('): // a position of a multipoint in brackets of its own
			if e = w.position(); e != nil && !w.eat(')') {
				return nil
			}
		default:
			e = w.position()
		}
		if e == nil {
			return nil
		}
		out = append(out, e)
		if !w.eat(',') {
			break
		}
	}
	if !w.eat(')') {
		return nil
	}
	return out
}

func (w *wkt) position() any {
	x, okX := w.number()
	y, okY := w.number()
	if !okX || !okY {
		return nil
	}
	return []any{x, y}
}

func (w *wkt) number() (float64, bool) {
	w.spaces()
	start := w.i
	for w.i < len(w.s) && strings.IndexByte("+-.eE0123456789", w.s[w.i]) >= 0 {
		w.i++
	}
	f, err := strconv.ParseFloat(w.s[start:w.i], 64)
	return f, err == nil
}

const geohashDigits = "0123456789bcdefghjkmnpqrstuvwxyz"

// geohashBox is the cell of a geohash: its south-west corner and its size, in degrees.
type geohashBox struct{ lng, lat, width, height float64 }

func decodeGeohash(s string) (geohashBox, bool) {
	b := geohashBox{-180, -90, 360, 180}
	if s == "" || len(s) > 18 {
		return b, false
	}
	even := true
	for i := range len(s) {
		d := strings.IndexByte(geohashDigits, lowerASCII(s[i]))
		if d < 0 {
			return b, false
		}
		for bit := 16; bit > 0; bit >>= 1 {
			if even {
				b.width /= 2
				if d&bit != 0 {
					b.lng += b.width
				}
			} else {
				b.height /= 2
				if d&bit != 0 {
					b.lat += b.height
				}
			}
			even = !even
		}
	}
	return b, true
}

func encodeGeohash(lng, lat float64, n int) string {
	b := geohashBox{-180, -90, 360, 180}
	out := make([]byte, n)
	even := true
	for i := range out {
		d := 0
		for range 5 {
			d <<= 1
			if even {
				b.width /= 2
				if lng >= b.lng+b.width {
					b.lng += b.width
					d |= 1
				}
			} else {
				b.height /= 2
				if lat >= b.lat+b.height {
					b.lat += b.height
					d |= 1
				}
			}
			even = !even
		}
		out[i] = geohashDigits[d]
	}
	return string(out)
}

func pointToGeohash(a []any) any {
	lng, okX := toReal(a[0])
	lat, okY := toReal(a[1])
	n := int64(5)
	if len(a) > 2 {
		var ok bool
		if n, ok = toLong(a[2]); !ok || n < 1 || n > 18 {
			return ""
		}
	}
	if !okX || !okY || !(math.Abs(lng) <= 180) || !(math.Abs(lat) <= 90) {
		return ""
	}
	return encodeGeohash(lng, lat, int(n))
}

func geohashCenter(a []any) any {
	b, ok := decodeGeohash(Text(a[0]))
	if !ok {
		return nil
	}
	return bagOf("type", "Point", "coordinates", []any{b.lng + b.width/2, b.lat + b.height/2})
}

func geohashPolygon(a []any) any {
	b, ok := decodeGeohash(Text(a[0]))
	if !ok {
		return nil
	}
	w, s, e, n := b.lng, b.lat, b.lng+b.width, b.lat+b.height
	ring := []any{[]any{w, s}, []any{e, s}, []any{e, n}, []any{w, n}, []any{w, s}}
	return bagOf("type", "Polygon", "coordinates", []any{ring})
}

// geohashNeighbors lists the cells around a cell.
func geohashNeighbors(a []any) any {
	s := Text(a[0])
	b, ok := decodeGeohash(s)
	if !ok {
		return nil
	}
	lng, lat := b.lng+b.width/2, b.lat+b.height/2
	out := []any{}
	for _, d := range neighbourOrder {
		x, y := lng+d[0]*b.width, lat+d[1]*b.height
		if math.Abs(y) > 90 {
			continue
		}
		if x > 180 {
			x -= 360
		} else if x < -180 {
			x += 360
		}
		out = append(out, encodeGeohash(x, y, len(s)))
	}
	return out
}

// neighbourOrder is the order of neighbours, as steps east and north.
var neighbourOrder = [8][2]float64{{-1, 0}, {-1, -1}, {0, -1}, {1, -1}, {1, 1}, {1, 0}, {0, 1}, {-1, 1}}
