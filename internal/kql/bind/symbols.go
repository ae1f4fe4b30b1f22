package bind

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/vedette-siem/vedette/data"
	"github.com/vedette-siem/vedette/internal/schema"
)

// function is a built-in scalar function, aggregate, plugin or operator.
type function struct {
	Name   string   `json:"name"`
	Alt    string   `json:"alt"`    // the name that replaced it
	Naming string   `json:"naming"` // how a column computed by it is named; see callName
	Prefix string   `json:"prefix"`
	Sigs   []string `json:"sigs"`

	sigs []signature
}

// canonical is the name that plans use.
func (f *function) canonical() string {
	switch {
	case f.Name == "toobject" || f.Name == "parsejson" || f.Name == "todynamic":
		return "parse_json"
	case f.Name == "iif":
		return "iff"
	case f.Name == "array_iif":
		return "array_iff"
	case f.Name == "toboolean":
		return "tobool"
	case f.Name == "toreal":
		return "todouble"
	case f.Name == "isnotnull", f.Name == "notnull":
		return "isnotnull"
	case f.Name == "tdigest_merge":
		return "merge_tdigest"
	case f.Name == "extractjson":
		return "extract_json"
	case f.Name == "floor":
		return "bin"
	case f.Name == "make_dictionary":
		return "make_bag"
	case f.Alt == "" || strings.Contains(f.Alt, " "):
		return f.Name
	}
	return f.Alt
}

type signature struct {
	typ    schema.Type // declared result, when rule is empty
	rule   string
	params []param
}

type param struct {
	name     string
	class    string        // class of types, when types is empty
	types    []schema.Type // declared types
	typeLit  bool          // takes typeof(...)
	min, max int
	arg      string // what kind of expression: "constant", "literal", "column", "starallowed" ...
}

// arity is the least and the most number of arguments.
func (s *signature) arity() (least, most int) {
	for _, p := range s.params {
		least += p.min
		most += p.max
	}
	return least, most
}

type symbols struct {
	functions, aggregates, plugins, operators map[string]*function
}

// builtins reads the symbol files once. A broken file is a build error, so it panics.
var builtins = sync.OnceValue(func() *symbols {
	return &symbols{
		functions: loadSymbols("functions"), aggregates: loadSymbols("aggregates"),
		plugins: loadSymbols("plugins"), operators: loadSymbols("operators"),
	}
})

func loadSymbols(file string) map[string]*function {
	raw, err := data.KQL.ReadFile("kql/" + file + ".json")
	if err != nil {
		panic(err)
	}
	var list []*function
	if err := json.Unmarshal(raw, &list); err != nil {
		panic(fmt.Sprintf("reading symbol file %s: %v", file, err))
	}
	m := make(map[string]*function, len(list))
	for _, f := range list {
		for _, text := range f.Sigs {
			f.sigs = append(f.sigs, parseSignature(text, file == "operators"))
		}
		m[f.Name] = f
	}
	return m
}

func parseSignature(text string, bare bool) signature {
	parts := strings.Split(text, "|")
	s := signature{}
	if rule, ok := strings.CutPrefix(parts[0], "="); ok {
		s.rule = rule
	} else {
		s.typ, _ = schema.ParseType(parts[0])
	}
	for _, p := range parts[1:] {
		if p == "" {
			continue
		}
		if bare {
			p = "x:" + p
		}
		s.params = append(s.params, parseParam(p))
	}
	return s
}

func parseParam(text string) param {
	p := param{min: 1, max: 1}
	text, p.arg, _ = strings.Cut(text, " ")
	p.name, text, _ = strings.Cut(text, ":")
	if i := strings.IndexAny(text, "?+*"); i >= 0 {
		switch text[i] {
		case '?':
			p.min = 0
		case '+', '*':
			p.max = 1 << 15
			if n, err := strconv.Atoi(text[i+1:]); err == nil {
				p.max = n
			}
			if text[i] == '*' {
				p.min = 0
			}
		}
		text = text[:i]
	}
	for _, t := range strings.Split(text, ",") {
		if t == "type" {
			p.typeLit = true
		} else if typ, err := schema.ParseType(t); err == nil {
			p.types = append(p.types, typ)
		} else {
			p.class = t
		}
	}
	return p
}

// paramAt returns the parameter that the i-th of n arguments fills: repeated parameters take what the others leave, in
// turn (case: predicate, then, predicate, then ..., else).
func (s *signature) paramAt(i, n int) *param {
	first, count := -1, 0
	for k := range s.params {
		if s.params[k].max > 1 {
			if first < 0 {
				first = k
			}
			count++
		}
	}
	if first < 0 || i < first {
		return &s.params[min(i, len(s.params)-1)]
	}
	after := 0
	for _, p := range s.params[first+count:] {
		after += p.min
	}
	if i < n-after {
		return &s.params[first+(i-first)%count]
	}
	return &s.params[len(s.params)-(n-i)]
}
