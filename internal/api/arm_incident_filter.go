package api

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/incident"
	"github.com/vedette-siem/vedette/internal/model"
	"github.com/vedette-siem/vedette/internal/odata"
)

// The sizes of a page of incidents.
const (
	defaultTop = 50
	maxTop     = 1000
)

type filterKind int

const (
	ofText  filterKind = iota // compared as written
	ofWord                    // one of a list, or a name: compared without regard to case
	ofCount                   // a number
	ofStamp                   // a time that is stored as ticks
	ofTime                    // a time that is stored as text
)

type filterField struct {
	name string // of model.Condition
	kind filterKind
	list bool
	sort bool // lists may be ordered by it
}

// incidentFilters are the properties that a filter of incidents may name, in lower case.
var incidentFilters = map[string]filterField{
	"name":                               {"name", ofWord, false, false},
	"properties/incidentnumber":          {"number", ofCount, false, true},
	"properties/title":                   {"title", ofText, false, true},
	"properties/description":             {"description", ofText, false, false},
	"properties/status":                  {"status", ofWord, false, true},
	"properties/severity":                {"severity", ofWord, false, true},
	"properties/classification":          {"classification", ofWord, false, false},
	"properties/classificationreason":    {"classificationReason", ofWord, false, false},
	"properties/classificationcomment":   {"classificationComment", ofText, false, false},
	"properties/providername":            {"providerName", ofWord, false, false},
	"properties/providerincidentid":      {"shownProviderId", ofWord, false, false},
	"properties/owner/objectid":          {"owner.objectId", ofWord, false, false},
	"properties/owner/email":             {"owner.email", ofWord, false, false},
	"properties/owner/assignedto":        {"owner.assignedTo", ofText, false, false},
	"properties/owner/userprincipalname": {"owner.userPrincipalName", ofWord, false, false},
	"properties/createdtimeutc":          {"created", ofStamp, false, true},
	"properties/lastmodifiedtimeutc":     {"modified", ofStamp, false, true},
	"properties/firstactivitytimeutc":    {"firstActivity", ofTime, false, true},
	"properties/lastactivitytimeutc":     {"lastActivity", ofTime, false, true},

	"properties/additionaldata/alertscount":       {"alerts", ofCount, false, false},
	"properties/additionaldata/commentscount":     {"comments", ofCount, false, false},
	"properties/labels":                           {"label", ofText, true, false},
	"properties/labels/labelname":                 {"label", ofText, true, false},
	"properties/additionaldata/alertproductnames": {"product", ofText, true, false},
	"properties/additionaldata/tactics":           {"tactic", ofWord, true, false},
}

// fieldOf finds the property of a path; the properties/ in front may be left out.
func fieldOf(path string) (filterField, error) {
	key := strings.ToLower(path)
	for _, k := range []string{key, "properties/" + key} {
		if f, ok := incidentFilters[k]; ok {
			return f, nil
		}
	}
	return filterField{}, fault.New(fault.Invalid, "filter_invalid", "incidents cannot be filtered or ordered by %q", path)
}

var comparisons = map[odata.Op]model.ConditionOp{
	odata.Eq: model.Equal, odata.Ne: model.Unequal, odata.Gt: model.Greater, odata.Ge: model.AtLeast, odata.Lt: model.Less, odata.Le: model.AtMost,
	odata.Contains: model.Contains, odata.StartsWith: model.Starts, odata.EndsWith: model.Ends, odata.In: model.Equal,
}

// conditionOf turns a filter into a condition; inAny is the list that an any() goes through.
func conditionOf(e *odata.Expr, inAny string) (model.Condition, error) {
	switch e.Op {
	case odata.And, odata.Or, odata.Not:
		c := model.Condition{Op: model.ConditionOp(e.Op)}
		if inAny != "" && e.Op != odata.Or {
			return c, fault.New(fault.Invalid, "filter_invalid", "inside of %s/any() only comparisons joined by or are understood", inAny)
		}
		for _, a := range e.Args {
			x, err := conditionOf(a, inAny)
			if err != nil {
				return c, err
			}
			c.Args = append(c.Args, x)
		}
		return c, nil
	case odata.Any:
		return conditionOf(e.Args[0], e.Path)
	}
	f, err := fieldOf(e.Path)
	if err != nil {
		return model.Condition{}, err
	}
	op := comparisons[e.Op]
	switch {
	case f.list != (inAny != ""):
		if f.list {
			return model.Condition{}, fault.New(fault.Invalid, "filter_invalid", "%s is a list; write: %s/any(x: x eq '...'), for labels x/labelName", e.Path, e.Path)
		}
		return model.Condition{}, fault.New(fault.Invalid, "filter_invalid", "%s is no list", e.Path)
	case f.list && op == model.Unequal:
		return model.Condition{}, fault.New(fault.Invalid, "filter_invalid", "ne inside of any() says little; write: not %s/any(x: x eq '...')", inAny)
	}
	out := model.Condition{Op: model.Or}
	for _, v := range e.Values {
		c := model.Condition{Op: op, Field: f.name, Fold: e.Fold || f.kind == ofWord}
		if c.Value, err = f.value(e, v); err != nil {
			return model.Condition{}, err
		}
		out.Args = append(out.Args, c)
	}
	if len(out.Args) == 1 {
		return out.Args[0], nil
	}
	return out, nil
}

// value is a literal as the state database compares it.
func (f filterField) value(e *odata.Expr, v odata.Value) (any, error) {
	wrong := func(what string) (any, error) {
		return nil, fault.New(fault.Invalid, "filter_invalid", "%s is %s, and %v is not, or cannot be compared with %s", e.Path, what, v, e.Op)
	}
	texts := e.Op == odata.Contains || e.Op == odata.StartsWith || e.Op == odata.EndsWith
	equal := e.Op == odata.Eq || e.Op == odata.Ne || e.Op == odata.In
	if v == nil {
		if !equal {
			return wrong("a property that null has no order with")
		}
		if f.kind == ofCount || f.kind == ofStamp {
			return int64(0), nil
		}
		return nil, nil
	}
	switch f.kind {
	case ofCount:
		if n, ok := v.(int64); ok && !texts {
			return n, nil
		}
		if s, ok := v.(string); ok && !texts { // programs that keep numbers as texts
			if n, err := strconv.ParseInt(s, 10, 64); err == nil {
				return n, nil
			}
		}
		return wrong("a number")
	case ofStamp, ofTime:
		t, ok := odata.Time(v)
		if !ok || texts {
			return wrong("a time such as 2026-03-01T12:00:00Z")
		}
		if f.kind == ofStamp {
			return column.FromTime(t), nil
		}
		return strings.TrimSuffix(t.Format("2006-01-02T15:04:05.0000000Z"), "Z"), nil
	}
	if n, ok := v.(int64); ok && equal { // an id without quotes
		v = strconv.FormatInt(n, 10)
	}
	s, ok := v.(string)
	if !ok || f.kind == ofWord && !equal && !texts {
		return wrong("a text")
	}
	return s, nil
}

// listQuery is what a request for a list of incidents asks for.
type listQuery struct {
	where *model.Condition
	sort  string
	top   int
	after *model.Cursor
}

func (q listQuery) walk() incident.Walk {
	return incident.Walk{Where: q.where, Sort: q.sort, Limit: q.top, After: q.after}
}

// readListQuery reads $filter, $orderby, $top and $skipToken; their names are taken in any case.
func readListQuery(r *http.Request) (listQuery, error) {
	q := listQuery{sort: "-created"}
	opt := options(r)
	filter, err := odata.Parse(opt["$filter"])
	if err != nil {
		return q, err
	}
	if filter != nil {
		c, err := conditionOf(filter, "")
		if err != nil {
			return q, err
		}
		q.where = &c
	}
	order, err := odata.ParseOrder(opt["$orderby"])
	if err != nil {
		return q, err
	}
	if len(order) > 1 {
		return q, fault.New(fault.Invalid, "order_invalid", "incidents are ordered by one property; $orderby names %d", len(order))
	}
	for _, o := range order {
		f, err := fieldOf(o.Path)
		if err != nil || !f.sort {
			return q, fault.New(fault.Invalid, "order_invalid", "incidents cannot be ordered by %q", o.Path)
		}
		if q.sort = f.name; o.Desc {
			q.sort = "-" + f.name
		}
	}
	if q.top, err = readTop(opt["$top"]); err != nil {
		return q, err
	}
	if token := opt["$skiptoken"]; token != "" {
		q.after, err = readToken(token, q.sort)
	}
	return q, err
}

// skipToken is where a page ends. It goes with the order that it was made for.
type skipToken struct {
	Sort   string `json:"s"`
	Key    any    `json:"k"`
	Number int64  `json:"n"`
}

func writeToken(sort string, c *model.Cursor) string {
	b, err := json.Marshal(skipToken{sort, c.Key, c.Number})
	if err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

func readToken(text, sort string) (*model.Cursor, error) {
	bad := fault.New(fault.Invalid, "skip_token_invalid", "the $skipToken is none of this list; begin again without it, and follow nextLink as it is")
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return nil, bad
	}
	var t skipToken
	d := json.NewDecoder(strings.NewReader(string(b)))
	d.UseNumber()
	if d.Decode(&t) != nil || t.Sort != sort {
		return nil, bad
	}
	texts := slices.Contains([]string{"title", "status", "firstActivity", "lastActivity"}, strings.TrimPrefix(sort, "-"))
	switch k := t.Key.(type) {
	case json.Number:
		if t.Key, err = k.Int64(); err != nil || texts {
			return nil, bad
		}
	case string:
		if !texts {
			return nil, bad
		}
	default:
		return nil, bad
	}
	return &model.Cursor{Key: t.Key, Number: t.Number}, nil
}
