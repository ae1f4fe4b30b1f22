package exec

import (
	"context"
	"regexp"
	"strconv"
	"strings"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/kql/kernel"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
)

// parseReader matches every value against one expression and hands out its captures.
type parseReader struct {
	in    Reader
	text  *scalar
	re    *regexp.Regexp
	outs  []plan.Col // captures
	group []int      // submatch of each capture
	from  []int      // output column: input place, or -1-capture
	loose bool       // a capture that does not convert spoils only itself
	drop  bool
}

// parse compiles the pattern to one regular expression: skips are lazy, text captures are lazy, numbers match numbers.
func (x *runner) parse(ctx context.Context, n *plan.Parse) (Reader, error) {
	at := places(n.Input.Cols())
	text, err := x.compile(ctx, n.X, at)
	if err != nil {
		return nil, err
	}
	r, err := newParse(n)
	if err != nil {
		return nil, err
	}
	r.text = text
	captures := map[int]int{}
	for i, c := range r.outs {
		captures[c.ID] = i
	}
	for _, c := range n.Out {
		if i, ok := captures[c.ID]; ok {
			r.from = append(r.from, -1-i)
		} else {
			r.from = append(r.from, at[c.ID])
		}
	}
	if r.in, err = x.open(ctx, n.Input); err != nil {
		return nil, err
	}
	return r, nil
}

// newParse compiles the pattern, without an input.
func newParse(n *plan.Parse) (r *parseReader, err error) {
	r = &parseReader{loose: n.Kind == "relaxed", drop: n.Where}
	pattern := parsePattern(n, r)
	if r.re, err = regexp.Compile(pattern); err != nil {
		return nil, fault.New(fault.Invalid, "regex_invalid", "The pattern of parse is not a valid regular expression: %s.", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
	}
	for i := range r.outs {
		r.group = append(r.group, r.re.SubexpIndex("v"+strconv.Itoa(i)))
	}
	return r, nil
}

// parsePattern writes the regular expression and lists the captures, named v0, v1, ...
func parsePattern(n *plan.Parse, r *parseReader) string {
	var sb strings.Builder
	isRegex := n.Kind == "regex"
	if isRegex {
		for _, f := range n.Flags {
			if strings.ContainsRune("imsU", f) {
				sb.WriteString("(?" + string(f) + ")")
			}
		}
		sb.WriteString("^(?:")
	} else {
		sb.WriteString("(?s)^(?:")
	}
	for _, s := range n.Steps {
		switch {
		case s.Out != nil:
			sb.WriteString("(?P<v" + strconv.Itoa(len(r.outs)) + ">" + capturePattern(s.Out.Type, n.Kind) + ")")
			r.outs = append(r.outs, *s.Out)
		case s.Star && isRegex: // greedy, unless the flag U turns it round
			sb.WriteString(".*")
		case s.Star:
			sb.WriteString(".*?")
		case isRegex:
			sb.WriteString("(?:" + s.Literal + ")")
		default:
			sb.WriteString(regexp.QuoteMeta(s.Literal))
		}
	}
	sb.WriteString(`)\z`)
	return sb.String()
}

func capturePattern(t schema.Type, kind string) string {
	p := ".*?"
	if kind == "regex" {
		p = ".*"
	}
	switch t {
	case schema.Int, schema.Long:
		p = `\s*-?\d+\s*`
	case schema.Real, schema.Decimal:
		p = `\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?\s*`
	case schema.Bool:
		p = `\s*(?i:true|false|0|1)\s*`
	default:
		return p
	}
	if kind == "relaxed" {
		p += "|.*?"
	}
	return p
}

func (r *parseReader) Next(ctx context.Context) (*column.Batch, error) {
	b, err := next(ctx, r.in)
	if err != nil {
		return nil, err
	}
	return r.apply(b), nil
}

func (r *parseReader) Close() error { return r.in.Close() }

func (r *parseReader) apply(b *column.Batch) *column.Batch {
	v := kernel.Convert(r.text.column(b), schema.String)
	cells := make([]*column.Vector, len(r.outs))
	for i, c := range r.outs {
		cells[i] = column.New(c.Type, b.N)
	}
	rows := make([]int, 0, b.N)
	values := make([]any, len(r.outs))
	for i := range b.N {
		ok := r.match(v.Strings[i], values)
		if !ok && r.drop {
			continue
		}
		rows = append(rows, i)
		for k, c := range cells {
			if ok {
				c.Append(values[k])
			} else {
				c.AppendNull()
			}
		}
	}
	out := &column.Batch{N: len(rows), Cols: make([]*column.Vector, len(r.from))}
	for k, f := range r.from {
		switch {
		case f < 0:
			out.Cols[k] = cells[-1-f]
		case len(rows) == b.N:
			out.Cols[k] = b.Cols[f]
		default:
			out.Cols[k] = b.Cols[f].Gather(rows)
		}
	}
	return out
}

// match fills the captured values; false when the text does not match, or a capture does not convert and must.
func (r *parseReader) match(s string, values []any) bool {
	m := r.re.FindStringSubmatchIndex(s)
	if m == nil {
		return false
	}
	for i, g := range r.group {
		values[i] = nil
		if m[2*g] < 0 {
			continue
		}
		text := s[m[2*g]:m[2*g+1]]
		t := r.outs[i].Type
		if t == schema.String {
			values[i] = text
			continue
		}
		if t == schema.Dynamic {
			values[i] = kernel.ParseDynamic(text)
			continue
		}
		values[i] = kernel.Unbox(strings.TrimSpace(text), t)
		if values[i] == nil && !r.loose {
			return false
		}
	}
	return true
}
