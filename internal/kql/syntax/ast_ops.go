package syntax

// Operator is one step of a pipe. Word is the operator's keyword as written, Options its "name=value" settings.
type Operator interface {
	Node
	// Word is the keyword the operator was written with.
	Keyword() string
	op()
}

// Head is what all operators have.
type Head struct {
	Span
	Word    string
	WordAt  Span
	Options []Option
}

// Keyword is the keyword the operator was written with.
func (h *Head) Keyword() string { return h.Word }
func (*Head) op()               {}

// Option returns the value of the option, or nil.
func (h *Head) Option(name string) Expr {
	for _, o := range h.Options {
		if o.Name.Text == name {
			return o.Value
		}
	}
	return nil
}

// Operators.
type (
	// WhereOp is where and filter.
	WhereOp struct {
		Head
		Pred Expr
	}
	// ProjectOp is extend, project, serialize, print, and the project-... family: an operator with a list of columns.
	ProjectOp struct {
		Head
		Items []Expr
	}
	// SummarizeOp is summarize.
	SummarizeOp struct {
		Head
		Aggs  []Expr
		HasBy bool
		By    []Expr
	}
	// DistinctOp is distinct.
	DistinctOp struct {
		Head
		Items []Expr
	}
	// SortOp is sort by and order by.
	SortOp struct {
		Head
		Keys []Expr
	}
	// TopOp is top.
	TopOp struct {
		Head
		N  Expr
		By Expr
	}
	// TakeOp is take, limit and sample.
	TakeOp struct {
		Head
		N Expr
	}
	// OfOp is sample-distinct and top-hitters.
	OfOp struct {
		Head
		N, Of, By Expr
	}
	// CountOp is count; As names the column.
	CountOp struct {
		Head
		As *Name
	}
	// AsOp is as.
	AsOp struct {
		Head
		Name *Name
	}
	// BareOp is an operator without anything: getschema, consume.
	BareOp struct{ Head }
	// JoinOp is join and lookup. Where is set for "where", On for "on".
	JoinOp struct {
		Head
		Right Expr
		On    []Expr
		Where Expr
	}
	// UnionOp is union.
	UnionOp struct {
		Head
		Tables []Expr
	}
	// MvOp is mv-expand and mv-apply (Body is then set).
	MvOp struct {
		Head
		Items []MvItem
		Limit Expr
		ID    Expr
		Body  Expr
	}
	// ParseOp is parse and parse-where.
	ParseOp struct {
		Head
		X       Expr
		Pattern []Expr // String, Star, Name or Typed
	}
	// ParseKvOp is parse-kv.
	ParseKvOp struct {
		Head
		X       Expr
		Columns []Param
		With    []Option
	}
	// MakeSeriesOp is make-series.
	MakeSeriesOp struct {
		Head
		Aggs           []SeriesAgg
		On             Expr
		From, To, Step Expr
		InRange        bool
		By             []Expr
	}
	// RenderOp is render.
	RenderOp struct {
		Head
		Chart string
		Props []RenderProp
	}
	// RangeOp is range.
	RangeOp struct {
		Head
		Name           *Name
		From, To, Step Expr
	}
	// SearchOp is search.
	SearchOp struct {
		Head
		In   []Expr
		Pred Expr
	}
	// FindOp is find. Project is nil without the clause; Smart is project-smart.
	FindOp struct {
		Head
		In         []Expr
		Pred       Expr
		HasProject bool
		Smart      bool
		Project    []Expr
		Away       []Expr
	}
	// EvaluateOp is evaluate, and invoke (without a schema).
	EvaluateOp struct {
		Head
		Call      Expr
		HasSchema bool
		Star      bool // the schema begins with "*"
		Schema    []Param
	}
	// PartitionOp is partition.
	PartitionOp struct {
		Head
		By    Expr
		Sub   Expr // a sub-pipe without input, in parentheses
		Query Expr // a whole query, in braces
	}
	// ForkOp is fork and facet.
	ForkOp struct {
		Head
		By    []Expr // facet
		Names []*Name
		Subs  []Expr
	}
	// ScanOp is scan.
	ScanOp struct {
		Head
		Order     []Expr
		Partition []Expr
		Declare   []Param
		Steps     []ScanStep
	}
	// TopNestedOp is top-nested.
	TopNestedOp struct {
		Head
		Levels []TopLevel
	}
	// ReduceOp is reduce.
	ReduceOp struct {
		Head
		By   Expr
		With []Option
	}
	// SchemaOp is assert-schema.
	SchemaOp struct {
		Head
		Columns []Param
	}
	// MacroOp is macro-expand.
	MacroOp struct {
		Head
		Group Expr
		Scope *Name
		Body  *Body
	}
	// GraphOp is one of the graph operators, kept as its parts in order.
	GraphOp struct {
		Head
		Parts []GraphPart
	}
)

// MvItem is a column of mv-expand or mv-apply; Type is "" without "to typeof(...)".
type MvItem struct {
	Span
	X    Expr
	Type string
}

// SeriesAgg is an aggregate of make-series.
type SeriesAgg struct {
	Span
	X       Expr
	Default Expr
}

// RenderProp is a property of render; a list of names has several values.
type RenderProp struct {
	Span
	Name   string
	Values []Expr
}

// ScanStep is a step of scan.
type ScanStep struct {
	Span
	Name     *Name
	Optional bool
	Options  []Option
	Pred     Expr
	Assign   []Expr
}

// TopLevel is a level of top-nested.
type TopLevel struct {
	Span
	N      Expr // nil for all
	Of     Expr
	Others Expr // nil without "with others"
	By     Expr
}

// GraphPart is a clause of a graph operator: a keyword and its expressions, or edge and node patterns as text.
type GraphPart struct {
	Span
	Word string
	Args []Expr
}
