package syntax

import (
	"maps"
	"slices"
	"strings"
)

// queryOperators are the words that may follow a pipe.
var queryOperators = set("where filter extend project project-away project-keep project-rename project-reorder project-by-names project-smart " +
	"summarize distinct sort order top take limit sample sample-distinct top-hitters count as getschema consume join lookup union " +
	"mv-expand mvexpand mv-apply mvapply parse parse-where parse-kv make-series render serialize search find evaluate invoke " +
	"partition __partitionby fork facet scan top-nested reduce assert-schema macro-expand print range execute-and-cache " +
	"make-graph graph-match graph-shortest-paths graph-to-table graph-mark-components graph-where-nodes graph-where-edges")

// OperatorNames lists the words that can stand behind a bar.
func OperatorNames() []string { return slices.Sorted(maps.Keys(queryOperators)) }

// operator reads the operator after a pipe; nil if there is none.
func (p *parser) operator() Operator {
	t := p.tok()
	if t.Kind != tokWord || !queryOperators[t.Text] {
		if t.Kind == tokWord {
			if w := nearest(t.Text, queryOperators); w != "" {
				p.report("KS176", w, "Query operator expected%s. Did you mean '%s'?", p.found(), w)
				return nil
			}
		}
		p.report("KS176", "", "Query operator expected%s", p.found())
		return nil
	}
	p.next()
	h := Head{Word: t.Text, WordAt: t.Span, Span: t.Span}
	op := p.operatorBody(h)
	setSpan(op, p.from(t.Start))
	return op
}

// spanned lets setSpan reach the Head of any operator.
type spanned interface{ head() *Head }

func (h *Head) head() *Head { return h }

func setSpan(op Operator, s Span) {
	if h, ok := op.(spanned); ok {
		h.head().Span = s
	}
}

func (p *parser) operatorBody(h Head) Operator {
	switch h.Word {
	case "where", "filter":
		h.Options = p.options()
		return &WhereOp{Head: h, Pred: p.named()}
	case "extend", "print":
		return &ProjectOp{Head: h, Items: commas(p, p.named)}
	case "project", "serialize":
		op := &ProjectOp{Head: h}
		if !p.ends() {
			op.Items = commas(p, p.named)
		}
		return op
	case "project-away", "project-keep":
		op := &ProjectOp{Head: h}
		if !p.ends() {
			op.Items = commas(p, func() Expr { return p.wildName() })
		}
		return op
	case "project-rename", "project-by-names":
		op := &ProjectOp{Head: h}
		if !p.ends() {
			op.Items = commas(p, p.named)
		}
		return op
	case "project-reorder":
		op := &ProjectOp{Head: h}
		if !p.ends() {
			op.Items = commas(p, func() Expr { return p.ordered(func() Expr { return p.wildName() }) })
		}
		return op
	case "summarize":
		return p.summarize(h)
	case "distinct":
		h.Options = p.options()
		return &DistinctOp{Head: h, Items: commas(p, p.starOrNamed)}
	case "sort", "order":
		h.Options = p.options()
		p.expect("by")
		return &SortOp{Head: h, Keys: commas(p, func() Expr { return p.ordered(p.expr) })}
	case "top":
		h.Options = p.options()
		op := &TopOp{Head: h, N: p.expr()}
		p.expect("by")
		op.By = p.ordered(p.expr)
		return op
	case "take", "limit", "sample":
		h.Options = p.options()
		return &TakeOp{Head: h, N: p.expr()}
	case "sample-distinct", "top-hitters":
		h.Options = p.options()
		op := &OfOp{Head: h, N: p.expr()}
		p.expect("of")
		op.Of = p.named()
		if h.Word == "top-hitters" && p.accept("by") {
			op.By = p.named()
		}
		return op
	case "count":
		op := &CountOp{Head: h}
		if p.accept("as") {
			op.As = p.declared()
		}
		return op
	case "as":
		h.Options = p.options()
		return &AsOp{Head: h, Name: p.declared()}
	case "getschema":
		h.Options = p.options("kind")
		return &BareOp{Head: h}
	case "consume":
		h.Options = p.options("decodeblocks")
		return &BareOp{Head: h}
	case "execute-and-cache":
		return &BareOp{Head: h}
	case "assert-schema":
		return &SchemaOp{Head: h, Columns: p.columns(true)}
	}
	return p.operatorBody2(h)
}

func (p *parser) operatorBody2(h Head) Operator {
	switch h.Word {
	case "join", "lookup":
		return p.join(h)
	case "union":
		h.Options = p.options("kind", "withsource", "with_source", "isfuzzy", "__isFuzzy", "__crossCluster", "__crossDB", "__noWithSource")
		return &UnionOp{Head: h, Tables: commas(p, p.tableRef)}
	case "mv-expand", "mvexpand":
		return p.mvExpand(h)
	case "mv-apply", "mvapply":
		return p.mvApply(h)
	case "parse", "parse-where":
		return p.parse(h)
	case "parse-kv":
		return p.parseKv(h)
	case "make-series":
		return p.makeSeries(h)
	case "render":
		return p.render(h)
	case "range":
		op := &RangeOp{Head: h, Name: p.declared()}
		p.expect("from")
		op.From = p.expr()
		p.expect("to")
		op.To = p.expr()
		p.expect("step")
		op.Step = p.expr()
		return op
	case "search":
		return p.search(h)
	case "find":
		return p.find(h)
	case "evaluate", "invoke":
		return p.evaluate(h)
	case "partition", "__partitionby":
		return p.partition(h)
	case "fork", "facet":
		return p.fork(h)
	case "scan":
		return p.scan(h)
	case "top-nested":
		return p.topNested(h)
	case "reduce":
		h.Options = p.options("kind")
		p.expect("by")
		op := &ReduceOp{Head: h, By: p.named()}
		if p.accept("with") {
			op.With = commas(p, p.option)
		}
		return op
	case "macro-expand":
		return p.macroExpand(h)
	}
	return p.graph(h)
}

// ends reports whether the operator is over.
func (p *parser) ends() bool {
	return p.at("|", ")", "}", ";", "]") || p.tok().Kind == tokEOF
}

// options reads the "name=value" pairs whose names are listed, and all hints.
func (p *parser) options(names ...string) []Option {
	var out []Option
	for p.tok().Kind == tokWord && p.peek(1).is("=") {
		t := p.tok()
		known := strings.HasPrefix(t.Text, "hint.")
		for _, n := range names {
			known = known || n == t.Text
		}
		if !known {
			break
		}
		out = append(out, p.option())
	}
	return out
}

// allOptions reads every "name=value" pair that stands next.
func (p *parser) allOptions() []Option {
	var out []Option
	for p.tok().Kind == tokWord && p.peek(1).is("=") {
		out = append(out, p.option())
	}
	return out
}

func (p *parser) option() Option {
	start := p.tok().Start
	o := Option{Name: p.anyName()}
	if p.expect("=") {
		o.Value = p.optionValue()
	} else {
		o.Value = &Missing{}
	}
	o.Span = p.from(start)
	return o
}

// optionValue reads a literal or a bare word.
func (p *parser) optionValue() Expr {
	t := p.tok()
	if t.Kind == tokWord && !isBool(t.Text) && !(t.Text == "dynamic" && p.peek(1).is("(")) {
		p.next()
		return &Name{Span: t.Span, Text: t.Text}
	}
	if t.is("-") || t.is("+") {
		return p.constant()
	}
	if t.is("(") {
		p.next()
		x := p.expr()
		p.expect(")")
		return &Paren{X: x, Span: p.from(t.Start)}
	}
	return p.primary()
}

func (p *parser) starOrNamed() Expr {
	if p.at("*") && !wordish(p.peek(1)) {
		return &Star{Span: p.next().Span}
	}
	return p.named()
}

func wordish(t token) bool { return t.Kind == tokWord && t.Text != "by" && t.Text != "limit" }

// ordered reads a key with its direction.
func (p *parser) ordered(key func() Expr) Expr {
	o := &Ordered{X: key()}
	start := o.X.Pos().Start
	if p.at("asc", "desc", "granny-asc", "granny-desc") {
		o.Dir = p.next().Text
	}
	if p.at("nulls") && (p.peek(1).is("first") || p.peek(1).is("last")) {
		p.next()
		o.Nulls = p.next().Text
	}
	o.Span = p.from(start)
	return o
}

func (p *parser) summarize(h Head) Operator {
	h.Options = p.options()
	op := &SummarizeOp{Head: h}
	if !p.at("by") && !p.ends() {
		op.Aggs = commas(p, p.starOrNamed)
	}
	if p.accept("by") {
		op.HasBy = true
		op.By = commas(p, p.named)
		if bin := p.at("bin"); bin && p.peek(1).is("=") { // the old "by x bin=1h"
			op.Options = append(op.Options, p.option())
		}
	}
	return op
}

// tableRef reads what stands where a table is wanted: a name with wildcards, a call, a path, or a query in parentheses.
func (p *parser) tableRef() Expr {
	start := p.tok().Start
	switch {
	case p.at("("):
		p.next()
		x := p.pipe(false)
		p.expect(")")
		return &Paren{X: x, Span: p.from(start)}
	case p.at("*"), p.wildAhead():
		return p.wildName()
	}
	x := p.primary()
	for p.accept(".") {
		var m Expr
		if p.at("*") || p.wildAhead() {
			m = p.wildName()
		} else {
			m = p.member()
		}
		x = &Member{X: x, Name: m, Span: p.from(start)}
	}
	return x
}

// wildAhead reports whether a name with a "*" in it stands next.
func (p *parser) wildAhead() bool {
	return nameable(p.tok()) && p.peek(1).is("*") && p.peek(1).Start == p.tok().End
}

func (p *parser) join(h Head) Operator {
	h.Options = p.options("kind", "flags", "isfuzzy")
	op := &JoinOp{Head: h}
	switch {
	case p.at("("):
		op.Right = p.tableRef()
	case p.at("on", "where") || p.ends():
		op.Right = p.missing()
	default:
		op.Right = p.postfix()
	}
	switch {
	case p.accept("on"):
		op.On = commas(p, p.expr)
	case h.Word == "join" && p.accept("where"):
		op.Where = p.expr()
	case h.Word == "lookup":
		p.report("KS005", "", "Expected: on%s", p.found())
	}
	return op
}

func (p *parser) evaluate(h Head) Operator {
	h.Options = p.options()
	op := &EvaluateOp{Head: h}
	if t := p.tok(); nameable(t) && p.peek(1).is("(") || p.bracketedAhead() && p.peek(3).is("(") {
		op.Call = p.call(p.name())
	} else {
		op.Call = p.missing()
		p.skip("|", ";")
	}
	if h.Word == "evaluate" && p.accept(":") {
		op.HasSchema = true
		p.expect("(")
		if p.accept("*") {
			op.Star = true
			if p.accept(",") {
				op.Schema = list(p, ")", false, p.column)
			}
		} else {
			op.Schema = list(p, ")", false, p.column)
		}
		p.expect(")")
	}
	return op
}

func (p *parser) search(h Head) Operator {
	h.Options = p.options("kind")
	op := &SearchOp{Head: h}
	if p.at("in") && p.peek(1).is("(") {
		p.next()
		p.next()
		op.In = commas(p, p.tableRef)
		p.expect(")")
	}
	op.Pred = p.searchPred()
	return op
}

// searchPred reads a predicate, or the "*" that stands for all rows.
func (p *parser) searchPred() Expr {
	if p.at("*") {
		n := p.peek(1)
		if n.is("|") || n.is(")") || n.is(";") || n.Kind == tokEOF || n.is("and") || n.is("or") {
			t := p.next()
			var x Expr = &Star{Span: t.Span}
			for p.at("and", "or") {
				op := p.next().Text
				r := p.expr()
				x = &Binary{Op: op, L: x, R: r, Span: p.from(t.Start)}
			}
			return x
		}
	}
	return p.expr()
}

func (p *parser) find(h Head) Operator {
	h.Options = p.options("withsource", "with_source", "datascope", "isfuzzy", "kind")
	op := &FindOp{Head: h}
	if p.at("in") && p.peek(1).is("(") {
		p.next()
		p.next()
		op.In = commas(p, p.tableRef)
		p.expect(")")
	}
	p.accept("where")
	op.Pred = p.expr()
	switch {
	case p.accept("project"):
		op.HasProject = true
		op.Project = commas(p, p.findColumn)
	case p.accept("project-smart"):
		op.Smart = true
	}
	if p.accept("project-away") {
		op.Away = commas(p, func() Expr { return p.wildName() })
	}
	return op
}

func (p *parser) findColumn() Expr {
	if p.at("*") {
		return &Star{Span: p.next().Span}
	}
	start := p.tok().Start
	if nameable(p.tok()) && p.peek(1).is(":") {
		n := p.name()
		p.next()
		return &Typed{Name: n, Type: p.typeName(), Span: p.from(start)}
	}
	return p.named()
}
