package syntax

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vedette-siem/vedette/internal/kql/kqltest"
)

// Findings say where, what, and how to mend it.
func TestDiagnostics(t *testing.T) {
	cases := []struct{ name, text, want, fix string }{
		{"misspelt operator", "T\n| whre x == 1", "2:3: KS176: Query operator expected, found 'whre'. Did you mean 'where'?", "where"},
		{"operator without pipe", "T\nwhere x == 1", "2:1: KS005: Expected: ;, found 'where'", ""},
		{"missing operand", "T | where x ==", "1:15: KS006: Missing expression, but the query ends here", ""},
		{"keyword as name", "T | project first", "1:13: KS006: Missing expression. The word 'first' is a keyword; as a name write ['first']", ""},
		{"keyword declared", "print string = 1", "1:7: KS228: The name 'string' needs to be bracketed as ['string'] to be used in this context.", "['string']"},
		{"misspelt type", "datatable(a:strign)[]", "1:13: KS160: The name 'strign' is not a valid type name that can be used here. Did you mean 'string'?", "string"},
		{"open string", "print 'abc", "1:11: KS001: Missing: '", ""},
		{"two comparisons", "print a == b == c", "1:14: KS198: The incomplete fragment is unexpected, found '=='", ""},
		{"column counts characters", "T | where äöü == ", "1:18: KS006: Missing expression, but the query ends here", ""},
		{"unknown chart property", "T | render piechart with (titel='x')", "1:27: KS005: 'titel' is not a property of render", "title"},
		{"no semicolon between statements", "let a = 1\nlet b = 2", "2:1: KS005: Expected: ;, found 'let'", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, ds := Parse(c.text)
			if len(ds) == 0 {
				t.Fatal("accepted")
			}
			if !strings.HasPrefix(ds[0].String(), c.want) || ds[0].Fix != c.fix {
				t.Errorf("got %s, fix %q\nwant %s, fix %q", ds[0], ds[0].Fix, c.want, c.fix)
			}
		})
	}
}

// One break does not hide the next.
func TestSeveralDiagnostics(t *testing.T) {
	_, ds := Parse("let a = ;\nT | whre x\n| where y ==\n| extend z = 1 2\n| take 5")
	var got []string
	for _, d := range ds {
		got = append(got, d.Code)
	}
	if d := cmp.Diff([]string{"KS006", "KS176", "KS006", "KS198"}, got); d != "" {
		t.Errorf("(-want +got)\n%s%v", d, ds)
	}
}

func TestStrings(t *testing.T) {
	cases := []struct{ text, want string }{
		{`'a'`, "a"}, {`"a'b"`, "a'b"}, {`'a\'b\\'`, `a'b\`}, {`"\t\n\x41\u00e9\101"`, "\t\nAéA"}, {`@'a\b'`, `a\b`}, {`@"a""b"`, `a"b`},
		{`@'a''b'`, `a'b`}, {`h'secret'`, "secret"}, {`H"x"`, "x"}, {`h@'\x'`, `\x`}, {"```a\n'b'```", "a\n'b'"}, {"~~~`~~~", "`"},
		{`'a' "b" @'c'`, "abc"}, {"'a'\u00a0\u200b'b'", "ab"},
	}
	for _, c := range cases {
		q, ds := Parse("print " + c.text)
		if len(ds) > 0 {
			t.Errorf("%s: %v", c.text, ds)
			continue
		}
		s := q.Stmts[0].(*ExprStmt).X.(*Pipe).Op.(*ProjectOp).Items[0].(*String)
		if s.Value != c.want {
			t.Errorf("%s is %q, want %q", c.text, s.Value, c.want)
		}
		if again := Unquote(Quote(s.Value)); again != s.Value {
			t.Errorf("%q quotes and unquotes to %q", s.Value, again)
		}
	}
}

func TestPrecedence(t *testing.T) {
	cases := []struct{ text, want string }{
		{"a or b and c", "(a or (b and c))"}, {"a == b + c * d", "(a == (b + (c * d)))"}, {"a + b has c", "(a + (b has c))"},
		{"a < b == c", "((a < b) == c)"}, {"-a * b", "(-a * b)"}, {"a and b == c or d", "((a and (b == c)) or d)"}, {"a - b - c", "((a - b) - c)"},
	}
	for _, c := range cases {
		q, ds := Parse("print " + c.text)
		if len(ds) > 0 {
			t.Fatalf("%s: %v", c.text, ds)
		}
		if got := bracketed(q.Stmts[0].(*ExprStmt).X.(*Pipe).Op.(*ProjectOp).Items[0]); got != c.want {
			t.Errorf("%s reads as %s, want %s", c.text, got, c.want)
		}
	}
}

func bracketed(x Expr) string {
	switch x := x.(type) {
	case *Binary:
		return "(" + bracketed(x.L) + " " + x.Op + " " + bracketed(x.R) + ")"
	case *Unary:
		return x.Op + bracketed(x.X)
	case *Name:
		return x.Text
	}
	return "?"
}

// Every node of a real query stands within its parent's place, and the query prints to the same tree.
func TestCorpusRoundTrip(t *testing.T) {
	for _, q := range kqltest.Queries(t) {
		if !q.SyntaxOK {
			continue
		}
		tree, ds := Parse(q.Text)
		if len(ds) > 0 {
			t.Errorf("%s: %v", q.ID, ds[0])
			continue
		}
		roundTrip(t, tree)
	}
}
