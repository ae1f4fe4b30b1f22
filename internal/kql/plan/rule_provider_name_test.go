package plan

import (
	"strings"
	"testing"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/schema"
)

func incidents() *Scan {
	return &Scan{Table: "SecurityIncident", Sources: []string{"Title", "ProviderName"},
		Out: []Col{{ID: 1, Name: "Title", Type: schema.String}, {ID: 2, Name: "ProviderName", Type: schema.String}}}
}

func text(s string) Expr { return &Lit{T: schema.String, Value: s} }

func TestProviderName(t *testing.T) {
	provider, title := &Ref{ID: 2, T: schema.String}, &Ref{ID: 1, T: schema.String}
	array := func(values ...any) Expr { return &Lit{T: schema.Dynamic, Value: values} }
	cases := []struct {
		name, op string
		args     []Expr
		want     string // "" leaves it alone
	}{
		{"equal to the old name", "==", []Expr{provider, text("Microsoft 365 Defender")}, `in(ProviderName, "Microsoft 365 Defender", "Microsoft XDR")`},
		{"equal to the new name, reversed", "==", []Expr{text("Microsoft XDR"), provider}, `in(ProviderName, "Microsoft XDR", "Microsoft 365 Defender")`},
		{"not equal", "!=", []Expr{provider, text("Microsoft XDR")}, `!in(ProviderName, "Microsoft XDR", "Microsoft 365 Defender")`},
		{"equal but for case", "=~", []Expr{provider, text("microsoft xdr")}, `in~(ProviderName, "microsoft xdr", "Microsoft XDR", "Microsoft 365 Defender")`},
		{"not equal but for case", "!~", []Expr{provider, text("microsoft xdr")}, `!in~(`},
		{"in a list", "in", []Expr{provider, text("Azure Sentinel"), text("Microsoft XDR")}, `in(ProviderName, "Azure Sentinel", "Microsoft XDR", "Microsoft 365 Defender")`},
		{"not in an array", "!in", []Expr{provider, array("Microsoft 365 Defender")}, `!in`},
		{"case matters to ==", "==", []Expr{provider, text("microsoft xdr")}, ""},
		{"another provider", "==", []Expr{provider, text("Azure Sentinel")}, ""},
		{"another column", "==", []Expr{title, text("Microsoft XDR")}, ""},
		{"another operator", "contains", []Expr{provider, text("Microsoft XDR")}, ""},
		{"an array of other things", "in", []Expr{provider, array(int64(1), column.Datetime(0))}, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			root := &Filter{Input: incidents(), Pred: &Call{Func: c.op, Args: c.args, T: schema.Bool}}
			out := ProviderName(root)
			if c.want == "" {
				if out != Node(root) {
					t.Fatalf("changed to\n%s", Print(out))
				}
				return
			}
			got := Print(out)
			if !strings.Contains(got, c.want) {
				t.Errorf("got\n%swant it to contain %s", got, c.want)
			}
			for _, name := range providerNames {
				if !strings.Contains(got, `"`+name+`"`) {
					t.Errorf("%q is missing from\n%s", name, got)
				}
			}
		})
	}
}

// The column keeps its meaning under another name, through grouping and in another workspace table's absence.
func TestProviderNameFollowsColumn(t *testing.T) {
	renamed := &Project{Input: incidents(), Items: []Item{{Out: Col{ID: 9, Name: "By", Type: schema.String}, Expr: &Ref{ID: 2, T: schema.String}}}}
	grouped := &Aggregate{Input: renamed, Keys: []Item{{Out: Col{ID: 9, Name: "By", Type: schema.String}, Expr: &Ref{ID: 9, T: schema.String}}}}
	root := &Filter{Input: grouped, Pred: &Call{Func: "==", Args: []Expr{&Ref{ID: 9, T: schema.String}, text("Microsoft XDR")}, T: schema.Bool}}
	if got := Print(ProviderName(root)); !strings.Contains(got, "Microsoft 365 Defender") {
		t.Errorf("got\n%s", got)
	}
	other := incidents()
	other.Table = "SecurityAlert"
	root = &Filter{Input: other, Pred: &Call{Func: "==", Args: []Expr{&Ref{ID: 2, T: schema.String}, text("Microsoft XDR")}, T: schema.Bool}}
	if out := ProviderName(root); out != Node(root) {
		t.Errorf("changed another table to\n%s", Print(out))
	}
}
