package exec

import (
	"net/netip"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/kql/kernel"
	"github.com/vedette-siem/vedette/internal/schema"
)

// lookupPlugins join rows to a small table by network or by place. Flags: unmatched keeps the rows that match nothing,
// first puts the looked-up columns in front. The first argument after the key names its column in the table by constant 0.
func lookupPlugins() map[string]plugin {
	return map[string]plugin{
		"ipv4_lookup": {run: networkLookup(false), stream: true}, "ipv6_lookup": {run: networkLookup(true), stream: true},
		"geo_polygon_lookup": {run: geoLookup, stream: true}, "geo_line_lookup": {run: geoLookup, stream: true},
	}
}

// joined puts the matching rows together: pairs of a row of the input and one of the table, -1 for none.
func (c *pluginCall) joined(rows, matches []int) *column.Batch {
	left := c.in.Gather(rows).Cols
	var right []*column.Vector
	for i, v := range c.tables[0].Cols {
		if i == c.keyColumn() && !c.n.Flags["key"] {
			continue
		}
		out := column.New(v.Type, len(matches))
		for _, m := range matches {
			if m < 0 {
				out.AppendNull()
			} else {
				out.Append(v.Value(m))
			}
		}
		right = append(right, out)
	}
	out := &column.Batch{N: len(rows)}
	if c.n.Flags["first"] {
		out.Cols = append(right, left...)
	} else {
		out.Cols = append(left, right...)
	}
	return out
}

func (c *pluginCall) keyColumn() int {
	k, ok := c.consts[0].(int64)
	if !ok {
		return -1
	}
	return int(k)
}

// networks is a table's networks by prefix.
type networks struct {
	byNet   map[netip.Prefix][]int
	lengths []int // prefix lengths that occur, longest first
	all     []netip.Prefix
}

// networkLookup matches an address, or a network, with the networks it lies in.
func networkLookup(six bool) func(c *pluginCall) (*column.Batch, error) {
	return func(c *pluginCall) (*column.Batch, error) {
		if c.state == nil {
			c.state = c.networks(six)
		}
		nets, _ := c.state.(*networks)
		keys := kernel.Convert(c.arg(0), schema.String)
		var rows, matches []int
		for r := range c.in.N {
			found := len(rows)
			if p, ok := kernel.Network(keys.Strings[r], six); ok {
				for _, m := range nets.match(p) {
					if c.extraEqual(r, m) {
						rows, matches = append(rows, r), append(matches, m)
					}
				}
			}
			if len(rows) == found && c.n.Flags["unmatched"] {
				rows, matches = append(rows, r), append(matches, -1)
			}
		}
		return c.joined(rows, matches), c.ctx.Err()
	}
}

func (c *pluginCall) networks(six bool) *networks {
	n := &networks{byNet: map[netip.Prefix][]int{}}
	v := kernel.Convert(c.tables[0].Cols[c.keyColumn()], schema.String)
	seen := map[int]bool{}
	for r, s := range v.Strings {
		p, ok := kernel.Network(s, six)
		if !ok {
			n.all = append(n.all, netip.Prefix{})
			continue
		}
		p = p.Masked()
		n.all = append(n.all, p)
		n.byNet[p] = append(n.byNet[p], r)
		seen[p.Bits()] = true
	}
	for bits := 128; bits >= 0; bits-- {
		if seen[bits] {
			n.lengths = append(n.lengths, bits)
		}
	}
	return n
}

// match lists the rows whose network and p are one under the shorter of their prefixes, longest networks first.
func (n *networks) match(p netip.Prefix) []int {
	var out []int
	for _, bits := range n.lengths {
		if bits <= p.Bits() {
			out = append(out, n.byNet[netip.PrefixFrom(p.Addr(), bits).Masked()]...)
			continue
		}
		for r, q := range n.all { // p is itself a wide network
			if q.IsValid() && q.Bits() == bits && p.Contains(q.Addr()) {
				out = append(out, r)
			}
		}
	}
	return out
}

// extraEqual compares the further key columns: argument i with the column of the table that constant i names.
func (c *pluginCall) extraEqual(r, m int) bool {
	for i := 1; i < len(c.args); i++ {
		k, ok := c.consts[i].(int64)
		if !ok {
			return false
		}
		a, b := c.arg(i), c.tables[0].Cols[k]
		if a.Null(r) || b.Null(m) || string(kernel.AppendCell(nil, a, r)) != string(kernel.AppendCell(nil, b, m)) {
			return false
		}
	}
	return true
}

// geoLookup matches a place (longitude and latitude, the two arguments) with the shapes it lies in, or near to.
func geoLookup(c *pluginCall) (*column.Batch, error) {
	fn := "geo_point_in_polygon"
	radius, near := 0.0, false
	switch r := c.consts[1].(type) {
	case float64:
		radius, near = r, true
	case int64:
		radius, near = float64(r), true
	}
	switch {
	case c.n.Name == "geo_line_lookup" && !near:
		return nil, c.bad("geo_line_lookup needs a radius.")
	case c.n.Name == "geo_line_lookup":
		fn = "geo_distance_point_to_line"
	case near:
		fn = "geo_distance_point_to_polygon"
	}
	t := schema.Bool
	if near {
		t = schema.Real
	}
	f, err := kernel.Bind(fn, []kernel.Arg{{Type: schema.Real}, {Type: schema.Real}, {Type: schema.Dynamic}}, t, c.x.kenv)
	if err != nil {
		return nil, err
	}
	lng, lat := kernel.Convert(c.arg(0), schema.Real), kernel.Convert(c.arg(1), schema.Real)
	shapes := c.tables[0].Cols[c.keyColumn()]
	var rows, matches []int
	for r := range c.in.N {
		if r%16 == 0 && c.ctx.Err() != nil {
			return nil, c.ctx.Err()
		}
		found := len(rows)
		if c.tables[0].N > 0 {
			v := kernel.Spread(f.Eval([]*column.Vector{lng.Slice(r, r+1), lat.Slice(r, r+1), shapes}, c.tables[0].N), c.tables[0].N)
			for m := range c.tables[0].N {
				if !v.Null(m) && (near && v.Floats[m] <= radius || !near && v.Bools[m]) {
					rows, matches = append(rows, r), append(matches, m)
				}
			}
		}
		if len(rows) == found && c.n.Flags["unmatched"] {
			rows, matches = append(rows, r), append(matches, -1)
		}
	}
	return c.joined(rows, matches), nil
}
