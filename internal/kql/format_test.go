package kql

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vedette-siem/vedette/internal/kql/kqltest"
	"github.com/vedette-siem/vedette/internal/kql/syntax"
)

func TestFormat(t *testing.T) {
	cases := []struct{ name, in, want string }{
		{"pipes", "T|where a==1|take 5", "T\n| where a == 1\n| take 5\n"},
		{"comments stay", "// head\nT // tail\n  |  where  x  // why\n", "// head\nT // tail\n| where x // why\n"},
		{"nested", "T | join ( U|where x ) on y", "T\n| join (U\n    | where x) on y\n"},
		{"let and blank lines", "let a=1 ;\n\n\nlet b = 2;\nT", "let a=1;\n\nlet b = 2;\nT\n"},
		{"commas and strings", "print 'a , b',c ( 1,2 )", "print 'a , b', c (1, 2)\n"},
		{"wildcards and signs", "T | project-away a*, *b | extend c = -1, d = a[-1], e = 1d*2", "T\n| project-away a*, *b\n| extend c = -1, d = a[-1], e = 1d*2\n"},
		{"broken text is left alone", "T | whre x  ", "T | whre x  "},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, _ := Format(c.in)
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
}

// Formatting a real query changes neither its meaning nor its comments, and formatting again changes nothing.
func TestFormatCorpus(t *testing.T) {
	for _, q := range kqltest.Queries(t) {
		if !q.SyntaxOK {
			continue
		}
		out, ds := Format(q.Text)
		if len(ds) > 0 {
			t.Errorf("%s: %v", q.ID, ds[0])
			continue
		}
		before, _ := syntax.Parse(q.Text)
		after, ds := syntax.Parse(out)
		if len(ds) > 0 {
			t.Errorf("%s: the formatted text does not parse: %v\n%s", q.ID, ds[0], out)
			continue
		}
		if d := cmp.Diff(syntax.Print(before), syntax.Print(after)); d != "" {
			t.Errorf("%s: means something else (-was +is)\n%s", q.ID, d)
		}
		if again, _ := Format(out); again != out {
			t.Errorf("%s: formatting is not stable (-first +second)\n%s", q.ID, cmp.Diff(out, again))
		}
		if a, b := commentsOf(q.Text), commentsOf(out); a != b {
			t.Errorf("%s: comments changed (-was +is)\n%s", q.ID, cmp.Diff(a, b))
		}
		if t.Failed() {
			break
		}
	}
}

func commentsOf(text string) string {
	out := ""
	for _, t := range syntax.Tokens(text) {
		if t.Kind == syntax.CommentToken {
			out += t.Text + "\n"
		}
	}
	return out
}
