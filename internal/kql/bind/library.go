package bind

import (
	"strings"
	"sync"

	"github.com/vedette-siem/vedette/data"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/kql/syntax"
	"github.com/vedette-siem/vedette/internal/schema"
)

// library is the text of each library function by name.
var library = sync.OnceValue(func() map[string]string {
	out := map[string]string{}
	files, err := data.Library.ReadDir("kql/library")
	if err != nil {
		panic(err)
	}
	for _, f := range files {
		raw, err := data.Library.ReadFile("kql/library/" + f.Name())
		if err != nil {
			panic(err)
		}
		out[strings.TrimSuffix(f.Name(), ".kql")] = string(raw)
	}
	return out
})

// fromLibrary returns a library function, which sees nothing but stored tables.
func (b *binder) fromLibrary(name string) *lambda {
	return savedFunction(name, library()[name], (*scope)(nil).child()).fn
}

// libraryCall binds the functions of the library that are called like any other.
func (b *binder) libraryCall(c ctx, x *syntax.Call) (value, bool) {
	switch x.Fn.Text {
	case "AssignedIPAddresses":
		if b.kept(c, x) {
			return value{rel: b.nothing()}, true
		}
		return b.invoke(c, x, b.fromLibrary(x.Fn.Text), x.Args), true
	case "_GetWatchlist":
		return value{rel: b.watchlist(c, x)}, true
	case "_GetWatchlistAlias":
		return value{rel: b.watchlistAliases(c, x)}, true
	}
	return value{}, false
}

// kept reports, and tells, that a restrict statement keeps the query from the service's functions: they read tables that
// it does not list.
func (b *binder) kept(c ctx, x *syntax.Call) bool {
	if !c.sc.restricted() {
		return false
	}
	b.errorf(x.Fn, "KS_restrict", "The query's restrict statement does not allow '%s', which reads other tables.", x.Fn.Text)
	return true
}

// profileColumns are what FileProfile adds to a table.
var profileColumns = []output{
	{"GlobalPrevalence", schema.Long}, {"GlobalFirstSeen", schema.Datetime}, {"GlobalLastSeen", schema.Datetime},
	{"Signer", schema.String}, {"Issuer", schema.String}, {"SignerHash", schema.String}, {"IsCertificateValid", schema.Bool},
	{"IsRootSignerMicrosoft", schema.Bool}, {"SignatureState", schema.String}, {"IsExecutable", schema.Bool},
	{"ThreatName", schema.String}, {"Publisher", schema.String}, {"SoftwareName", schema.String}, {"ProfileAvailability", schema.String},
}

// serviceOnly are the profile's columns that no table of the workspace has.
const serviceOnly = "GlobalPrevalence, GlobalFirstSeen, GlobalLastSeen, IsExecutable, ThreatName, Publisher and SoftwareName"

// invokeOp binds invoke: a function of the query or the workspace over the table, or one of the service's.
func (b *binder) invokeOp(c ctx, r *rel, op *syntax.EvaluateOp) *rel {
	call, ok := op.Call.(*syntax.Call)
	if !ok {
		return r
	}
	if v, ok := c.sc.find(call.Fn.Text); ok && v.fn != nil {
		got := b.invokeWith(ctx{sc: c.sc}, call, v.fn, call.Args, r)
		if got.rel == nil {
			return b.nothing()
		}
		return got.rel
	}
	if _, listed := library()[call.Fn.Text]; (listed || call.Fn.Text == "FileProfile") && b.kept(c, call) {
		return b.nothing()
	}
	switch call.Fn.Text {
	case "FileProfile":
		return b.fileProfile(c, r, call)
	case "DeviceFromIP":
		return b.deviceFromIP(c, r, call)
	case "SeenBy":
		out := &rel{open: r.open, cols: append([]bound(nil), r.cols...)}
		col := b.fresh("SeenBy", schema.Dynamic)
		replace(out, col.Col)
		b.warnf(call.Fn, "service_only", "Which devices saw another is known to the service only; SeenBy is null here.")
		return b.extended(r, out, map[int]plan.Expr{col.ID: &plan.Lit{T: schema.Dynamic}})
	}
	if strings.HasPrefix(call.Fn.Text, "_") {
		b.errorf(call.Fn, "KS211", "The name '%s' does not refer to any known function.", call.Fn.Text)
	} else {
		b.unknownFunction(call.Fn)
	}
	return b.nothing()
}

// columnArg is a column that an argument names, as it stands or in a string; without the argument, the one of a name.
func (b *binder) columnArg(r *rel, call *syntax.Call, i int, names ...string) (plan.Expr, string) {
	if i < len(call.Args) {
		switch x := call.Args[i].(type) {
		case *syntax.Name:
			names = []string{x.Text}
		case *syntax.String:
			names = []string{x.Value}
		default:
			b.errorf(x, "KS_invoke", "The function '%s' expects the name of a column here.", call.Fn.Text)
			return &plan.Lit{}, ""
		}
	}
	for _, n := range names {
		if col, ok := r.find(n); ok {
			return &plan.Ref{ID: col.ID, T: col.Type}, n
		}
	}
	if !r.open {
		b.unknownName(ctx{row: r}, &syntax.Name{Span: call.Fn.Pos(), Text: names[0]})
	}
	return &plan.Lit{}, ""
}

// fileProfile adds what the tables know about a file's signer; the rest of the profile is null.
func (b *binder) fileProfile(c ctx, r *rel, call *syntax.Call) *rel {
	key, name := b.columnArg(r, call, 0, "SHA1", "SHA256")
	if len(call.Args) > 1 {
		b.count(c.constant(), call.Args[1])
	}
	out := &rel{open: r.open, cols: append([]bound(nil), r.cols...)}
	made := map[string]int{}
	for _, o := range profileColumns {
		col := plan.Col{ID: b.newID(), Name: o.name, Type: o.typ}
		made[o.name] = col.ID
		replace(out, col)
	}
	b.warnf(call.Fn, "service_only", "%s of FileProfile are known to the service only; they are null here.", serviceOnly)
	values := map[int]plan.Expr{}
	for _, o := range profileColumns {
		values[made[o.name]] = nullOf(o.typ)
	}
	fn, tables := "FileBySHA1", []string{"DeviceFileCertificateInfo"}
	if strings.Contains(strings.ToUpper(name), "256") {
		fn, tables = "FileBySHA256", append(tables, "DeviceFileEvents", "DeviceProcessEvents")
	}
	for _, t := range tables {
		if _, ok := b.env.Catalog.Table(t); !ok {
			return b.extended(r, out, values)
		}
	}
	known := b.invoke(ctx{sc: (*scope)(nil).child()}, call, b.fromLibrary(fn), nil).rel
	if known == nil || r.open {
		return b.extended(r, out, values)
	}
	ref := func(name string) plan.Expr {
		col, _ := known.find(name)
		return &plan.Ref{ID: col.ID, T: col.Type}
	}
	join := &plan.Join{Kind: plan.LeftOuter, Left: r.node, Right: known.node, On: []plan.JoinKey{{Left: convert(key, schema.String), Right: ref("Hash")}}}
	join.Out = append(append(join.Out, r.node.Cols()...), known.node.Cols()...)
	is := func(name string) plan.Expr {
		return &plan.Call{Func: "==", T: schema.Bool, Args: []plan.Expr{ref(name), &plan.Lit{T: schema.Bool, Value: true}}}
	}
	text := func(s string) plan.Expr { return &plan.Lit{T: schema.String, Value: s} }
	found := &plan.Call{Func: "isnotempty", T: schema.Bool, Args: []plan.Expr{ref("Hash")}}
	for _, n := range []string{"Signer", "Issuer", "SignerHash", "IsRootSignerMicrosoft"} {
		values[made[n]] = ref(n)
	}
	values[made["IsCertificateValid"]] = ref("IsTrusted")
	values[made["SignatureState"]] = &plan.Call{Func: "case", T: schema.String,
		Args: []plan.Expr{is("IsTrusted"), text("SignedValid"), is("IsSigned"), text("SignedInvalid"), found, text("Unsigned"), text("Unknown")}}
	values[made["ProfileAvailability"]] = &plan.Call{Func: "iff", T: schema.String, Args: []plan.Expr{found, text("Available"), text("Missing")}}
	return b.extended(r.with(b.node(join)), out, values)
}

// extended projects r to the columns of out, those of values computed.
func (b *binder) extended(r, out *rel, values map[int]plan.Expr) *rel {
	p := &plan.Project{Input: r.node}
	for _, col := range out.cols {
		e, ok := values[col.ID]
		if !ok {
			e = &plan.Ref{ID: col.ID, T: col.Type}
		}
		p.Items = append(p.Items, plan.Item{Out: col.Col, Expr: e})
	}
	out.node = b.node(p)
	return out
}

// deviceFromIP finds the device that had an address last before a time: the row's, or now.
func (b *binder) deviceFromIP(_ ctx, r *rel, call *syntax.Call) *rel {
	ip, _ := b.columnArg(r, call, 0, "IP", "IPAddress", "RemoteIP")
	var at plan.Expr = &plan.Call{Func: "now", T: schema.Datetime}
	if len(call.Args) > 1 {
		at, _ = b.columnArg(r, call, 1)
	} else {
		for _, n := range []string{"Timestamp", "TimeGenerated"} {
			if col, ok := r.find(n); ok && col.Type == schema.Datetime {
				at = &plan.Ref{ID: col.ID, T: col.Type}
				break
			}
		}
	}
	o := b.outputs()
	o.add("IP", convert(ip, schema.String), b.newID())
	o.add("At", convert(at, schema.Datetime), b.newID())
	got := b.invokeWith(ctx{sc: (*scope)(nil).child()}, call, b.fromLibrary("DeviceFromIP"), nil, o.project(r))
	if got.rel == nil {
		return b.nothing()
	}
	return got.rel
}
