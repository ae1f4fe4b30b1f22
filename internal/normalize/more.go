package normalize

import (
	"strings"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/schema"
)

// moreDynamic is the column for further properties of a row whose AdditionalFields is not an object.
const moreDynamic = "AdditionalFields_dynamic"

// rest fills AdditionalFields, which comes last because other columns leave there what they cannot take.
func (w *Writer) rest(t *tableRows) *Refusal {
	i := t.shape.more
	val := ""
	if i >= 0 {
		val = t.vals[i]
	}
	if len(w.more) == 0 {
		return w.restPlain(t, i, val)
	}
	own := ""
	if val != "" && i >= 0 {
		own = w.object(val)
	}
	if i >= 0 && (val == "" || val == `""` || own != "") {
		merged, clash, ok := w.merge(own)
		if !ok {
			return refuse(NotJSON, "a property is not JSON")
		}
		if !clash {
			v := t.vecs[i]
			if v == nil {
				v = t.vector(i)
			}
			v.AppendAny(column.Raw(merged))
			return nil
		}
	}
	if bad := w.restPlain(t, i, val); bad != nil {
		return bad
	}
	merged, _, ok := w.merge("")
	if !ok {
		return refuse(NotJSON, "a property is not JSON")
	}
	at, _ := w.column(t, moreDynamic, schema.Dynamic)
	v := t.vecs[at]
	if v == nil {
		v = t.vector(at)
	} else {
		cut(v, t.n)
	}
	v.AppendAny(column.Raw(merged))
	return nil
}

// restPlain fills AdditionalFields with its own value.
func (w *Writer) restPlain(t *tableRows, i int, val string) *Refusal {
	if i < 0 {
		return nil
	}
	v := t.vecs[i]
	if val == "" {
		if v != nil {
			v.AppendNull()
		}
		return nil
	}
	if v == nil {
		v = t.vector(i)
	}
	if w.putDynamic(v, val) == broken {
		return refuse(NotJSON, "the value of AdditionalFields is not JSON")
	}
	return nil
}

// object returns the minified object that val is, or is a string of; else "".
func (w *Writer) object(val string) string {
	if val[0] == '"' {
		s := w.text(val)
		val = s[space(s, 0):]
	}
	if val == "" || val[0] != '{' {
		return ""
	}
	m, _ := w.minified(val)
	return m
}

// merge returns the object own ("" for none) with the further properties behind its members. clash is true if one of them
// has the name of a member, or another's.
func (w *Writer) merge(own string) (merged string, clash, ok bool) {
	seen := map[string]bool{}
	if own != "" {
		pairs, _, _ := members(own, 0, nil)
		for _, p := range pairs {
			seen[string(unescape(nil, p.key))] = true
		}
	}
	var b strings.Builder
	b.WriteString(strings.TrimSuffix(own, "}"))
	if own == "" {
		b.WriteByte('{')
	}
	for k, p := range w.more {
		if seen[p.key] {
			clash = true
		}
		seen[p.key] = true
		if k > 0 || len(own) > 2 {
			b.WriteByte(',')
		}
		w.buf = column.AppendJSON(w.buf[:0], p.key)
		b.Write(w.buf)
		b.WriteByte(':')
		w.buf = column.AppendJSON(w.buf[:0], column.Raw(p.val))
		if w.buf[0] != p.val[0] {
			return "", false, false
		}
		b.Write(w.buf)
	}
	b.WriteByte('}')
	return b.String(), clash, true
}
