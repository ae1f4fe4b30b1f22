package odata

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vedette-siem/vedette/internal/fault"
)

// text writes an expression with all its brackets.
func (e *Expr) text() string {
	var parts []string
	for _, a := range e.Args {
		parts = append(parts, a.text())
	}
	switch e.Op {
	case And, Or:
		return "(" + strings.Join(parts, " "+string(e.Op)+" ") + ")"
	case Not:
		return "not " + parts[0]
	case Any:
		return "any[" + e.Path + "](" + parts[0] + ")"
	}
	var values []string
	for _, v := range e.Values {
		if t, ok := v.(time.Time); ok {
			v = "@" + t.Format(time.RFC3339Nano)
		}
		values = append(values, fmt.Sprintf("%#v", v))
	}
	fold := ""
	if e.Fold {
		fold = "~"
	}
	return fold + e.Path + " " + string(e.Op) + " " + strings.Join(values, ",")
}

func TestParse(t *testing.T) {
	for _, tc := range []struct{ in, want string }{
		{"properties/status eq 'New'", `properties/status eq "New"`},
		{"(properties/status eq 'New') AND (properties/severity ne 'Low')", `(properties/status eq "New" and properties/severity ne "Low")`},
		{"a eq 1 or b eq 2 and not c eq null", `(a eq 1 or (b eq 2 and not c eq <nil>))`},
		{"(a eq 1 or b eq 2) and c eq -3", `((a eq 1 or b eq 2) and c eq -3)`},
		{"properties/title eq 'it''s'", `properties/title eq "it's"`},
		{"properties/createdTimeUtc ge 2026-03-01T12:00:00Z", `properties/createdTimeUtc ge "@2026-03-01T12:00:00Z"`},
		{"t gt 2026-03-01T12:00:00.1234567+02:00", `t gt "@2026-03-01T10:00:00.1234567Z"`},
		{"t le datetime'2026-03-01T12:00:00'", `t le "@2026-03-01T12:00:00Z"`},
		{"t lt 2026-03-01", `t lt "@2026-03-01T00:00:00Z"`},
		{"id eq 73e01a99-5cd7-4139-a149-9f2736ff2ab5 or id eq a3e01a99-5cd7-4139-a149-9f2736ff2ab5",
			`(id eq "73e01a99-5cd7-4139-a149-9f2736ff2ab5" or id eq "a3e01a99-5cd7-4139-a149-9f2736ff2ab5")`},
		{"s in ('a', 'b')", `s in "a","b"`},
		{"contains(properties/title,'x') and startswith(tolower(t), 'y')", `(properties/title contains "x" and ~t startswith "y")`},
		{"substringof('x', t) eq true", `t contains "x"`},
		{"endswith(t,'x') eq false", `not t endswith "x"`},
		{"tolower(t) eq tolower('X')", `~t eq "X"`},
		{"properties/labels/any(l: l/labelName eq 'vip')", `any[properties/labels](properties/labels/labelName eq "vip")`},
		{"p/tactics/any(x:x eq 'Impact')", `any[p/tactics](p/tactics eq "Impact")`},
		{"contains eq 1.5", `contains eq 1.5`},
		{"b eq TRUE", `b eq true`},
	} {
		e, err := Parse(tc.in)
		if err != nil {
			t.Errorf("%s: %v", tc.in, err)
			continue
		}
		if diff := cmp.Diff(tc.want, e.text()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.in, diff)
		}
	}
	if e, err := Parse("  "); e != nil || err != nil {
		t.Errorf("an empty filter: %v, %v", e, err)
	}
}

func TestParseRefuses(t *testing.T) {
	for _, in := range []string{
		"properties/status", "properties/status eq", "properties/status eq New", "eq 'x'", "'x' eq a", "a eq 'x", "a like 'x'", "a eq 'x' b", "a eq 'x' and", "(a eq 1",
		"a eq 1)", "a in ()", "a in ('x'", "a in 'x'", "contains(a)", "contains('x', a)", "contains(a,'x') eq 1", "l/any(x eq 1)", "l/any(x/y: x eq 1)", "l/any(x: x eq 1",
		"not", "a eq datetime'yesterday'", "a eq datetime'", "a eq 12ab", "a eq 'x' & b eq 'y'", "a eq \"x\"", "\xff", strings.Repeat("(", 40) + "a eq 1" + strings.Repeat(")", 40),
		strings.Repeat("not ", 40) + "a eq 1", "a eq '" + strings.Repeat("x", maxLength) + "'", strings.TrimSuffix(strings.Repeat("a eq 1 or ", 501), " or "),
		"a in (" + strings.TrimSuffix(strings.Repeat("1,", 501), ",") + ")",
	} {
		e, err := Parse(in)
		if err == nil {
			t.Errorf("%.60q was read as %s", in, e.text())
		} else if fault.KindOf(err) != fault.Invalid || fault.CodeOf(err) != "filter_invalid" || !strings.Contains(err.Error(), "character ") {
			t.Errorf("%.60q: %v", in, err)
		}
	}
}

func TestParseOrder(t *testing.T) {
	got, err := ParseOrder("properties/createdTimeUtc DESC, name asc,x")
	if diff := cmp.Diff([]Order{{"properties/createdTimeUtc", true}, {"name", false}, {"x", false}}, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	for _, in := range []string{"a down", "a desc b", ",", "a,,b"} {
		if got, err := ParseOrder(in); err == nil {
			t.Errorf("%q was read as %v", in, got)
		}
	}
}

// FuzzParse: whatever is sent is read or refused, and never more than the limits allow.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"a eq 1", "contains(a,'x') and not (b in (1,2))", "l/any(x: x/y eq 'z')", "a eq 'it''s'", "t ge 2026-03-01T12:00:00Z"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		e, err := Parse(s)
		if err == nil && e != nil {
			_ = e.text()
		}
		if err != nil && fault.KindOf(err) != fault.Invalid {
			t.Fatal(err)
		}
	})
}
