package kernel

import (
	"regexp"
	"strings"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/schema"
)

func regexFunctions() family {
	return family{
		"extract":       {bind: bindExtract, min: 3, max: 4},
		"extract_all":   {bind: bindExtractAll, min: 2, max: 3},
		"extractall":    {bind: bindExtractAll, min: 2, max: 3},
		"replace_regex": {bind: bindReplaceRegex, min: 3, max: 3},
		"replace":       {bind: bindReplace, min: 3, max: 3},
		"trim":          {bind: bindTrim(true, true), min: 2, max: 2},
		"trim_start":    {bind: bindTrim(true, false), min: 2, max: 2},
		"trim_end":      {bind: bindTrim(false, true), min: 2, max: 2},
		"indexof_regex": {bind: bindIndexOfRegex, min: 2, max: 5},
		"regex_quote":   textFunc(schema.String, regexp.QuoteMeta),
	}
}

// bindExtract binds extract(regex, group, text [, typeof]); the type is the caller's. No match is "" or null.
func bindExtract(s *site) (eval, schema.Type, error) {
	re, err := s.regexArg(0, nil)
	if err != nil {
		return nil, 0, err
	}
	t := s.ret
	if t == schema.Unknown {
		t = schema.String
	}
	return func(args []*column.Vector, n int) *column.Vector {
		res, group, text := re(args, n), asInts(args[1], n), asTexts(args[2], n)
		out := column.New(t, n)
		for r := range n {
			x := res.at(r)
			if x == nil || group.null(r) {
				out.AppendNull()
				continue
			}
			g := group.at(r)
			m := x.FindStringSubmatchIndex(text.at(r))
			if m == nil || g < 0 || g >= int64(len(m)/2) || m[2*g] < 0 {
				out.AppendNull()
				continue
			}
			v := text.at(r)[m[2*g]:m[2*g+1]]
			if t == schema.String {
				out.AppendString(v)
			} else if t == schema.Dynamic {
				out.AppendAny(ParseDynamic(v))
			} else {
				out.Append(Unbox(v, t))
			}
		}
		return out
	}, t, nil
}

// bindExtractAll binds extract_all(regex [, groups], text): an array of matches; of arrays, with several groups.
func bindExtractAll(s *site) (eval, schema.Type, error) {
	re, err := s.regexArg(0, nil)
	if err != nil {
		return nil, 0, err
	}
	return func(args []*column.Vector, n int) *column.Vector {
		res, text := re(args, n), asTexts(args[len(args)-1], n)
		out := column.New(schema.Dynamic, n)
		for r := range n {
			x := res.at(r)
			if x == nil {
				out.AppendNull()
				continue
			}
			var groups []int
			if len(args) == 3 {
				groups = chosenGroups(x, Box(args[1], rowOf(args[1], r, n)))
			} else {
				groups = allGroups(x)
			}
			out.AppendAny(allMatches(x, groups, text.at(r)))
		}
		return out
	}, schema.Dynamic, nil
}

func allGroups(re *regexp.Regexp) []int {
	var groups []int
	for i := 1; i <= re.NumSubexp(); i++ {
		groups = append(groups, i)
	}
	if groups == nil {
		groups = []int{0}
	}
	return groups
}

// chosenGroups reads an array of group numbers and names.
func chosenGroups(re *regexp.Regexp, v any) []int {
	list, _ := v.([]any)
	var groups []int
	for _, e := range list {
		switch k := column.Resolve(e).(type) {
		case int64:
			if k >= 0 && k <= int64(re.NumSubexp()) {
				groups = append(groups, int(k))
			}
		case string:
			if i := re.SubexpIndex(k); i >= 0 {
				groups = append(groups, i)
			}
		}
	}
	return groups
}

// allMatches returns nil, which is null, without a match.
func allMatches(re *regexp.Regexp, groups []int, text string) any {
	var out []any
	for _, m := range re.FindAllStringSubmatch(text, -1) {
		switch len(groups) {
		case 0:
		case 1:
			out = append(out, m[groups[0]])
		default:
			row := make([]any, len(groups))
			for i, g := range groups {
				row[i] = m[g]
			}
			out = append(out, row)
		}
	}
	if out == nil {
		return nil
	}
	return out
}

// rewrite turns \1 into Go's ${1}, and keeps $ as it is.
func rewrite(s string) string {
	var sb strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '$':
			sb.WriteString("$$")
		case c == '\\' && i+1 < len(s) && s[i+1] >= '0' && s[i+1] <= '9':
			sb.WriteString("${" + s[i+1:i+2] + "}")
			i++
		case c == '\\' && i+1 < len(s) && s[i+1] == '\\':
			sb.WriteByte('\\')
			i++
		default:
			sb.WriteByte(c)
		}
	}
	return sb.String()
}

// bindReplaceRegex binds replace_regex(text, regex, rewrite).
func bindReplaceRegex(s *site) (eval, schema.Type, error) {
	return replacer(s, 0, 1, 2)
}

// bindReplace binds the older replace(regex, rewrite, text).
func bindReplace(s *site) (eval, schema.Type, error) {
	return replacer(s, 2, 0, 1)
}

func replacer(s *site, textAt, regexAt, rewriteAt int) (eval, schema.Type, error) {
	re, err := s.regexArg(regexAt, nil)
	if err != nil {
		return nil, 0, err
	}
	return func(args []*column.Vector, n int) *column.Vector {
		text, res, to := asTexts(args[textAt], n), re(args, n), asTexts(args[rewriteAt], n)
		out := column.Make(schema.String, n)
		last, template := "", ""
		for r := range n {
			x := res.at(r)
			if x == nil {
				out.Strings[r] = text.at(r)
				continue
			}
			if t := to.at(r); t != last {
				last, template = t, rewrite(t)
			}
			s := text.at(r)
			if groups := strings.Count(template, "$") + 1; len(template)*(len(s)+1) > maxBuilt/groups {
				built("replace_regex", len(s)*groups+len(x.FindAllStringIndex(s, -1))*len(template))
			}
			out.Strings[r] = x.ReplaceAllString(s, template)
		}
		return out
	}, schema.String, nil
}

// bindTrim binds trim(regex, text) and its one-sided forms: the matches at the ends go, once.
func bindTrim(start, end bool) binder {
	return func(s *site) (eval, schema.Type, error) {
		head, err := s.regexArg(0, func(p string) string { return `^(?:` + p + `)` })
		if err != nil {
			return nil, 0, err
		}
		tail, err := s.regexArg(0, func(p string) string { return `(?:` + p + `)$` })
		if err != nil {
			return nil, 0, err
		}
		return func(args []*column.Vector, n int) *column.Vector {
			text, heads, tails := asTexts(args[1], n), head(args, n), tail(args, n)
			out := column.Make(schema.String, n)
			for r := range n {
				v := text.at(r)
				if x := heads.at(r); start && x != nil {
					if m := x.FindStringIndex(v); m != nil {
						v = v[m[1]:]
					}
				}
				if x := tails.at(r); end && x != nil {
					if m := x.FindStringIndex(v); m != nil {
						v = v[:m[0]]
					}
				}
				out.Strings[r] = v
			}
			return out
		}, schema.String, nil
	}
}

func bindIndexOfRegex(s *site) (eval, schema.Type, error) {
	re, err := s.regexArg(1, nil)
	if err != nil {
		return nil, 0, err
	}
	return func(args []*column.Vector, n int) *column.Vector {
		text, res := asTexts(args[0], n), re(args, n)
		out := column.New(schema.Long, n)
		for r := range n {
			var rest []any
			for _, a := range args[2:] {
				rest = append(rest, Box(a, rowOf(a, r, n)))
			}
			w, ok := searchOf(text.at(r), rest)
			if len(rest) > 0 {
				start, _ := toLong(rest[0])
				ok = ok && start >= 0
			}
			x := res.at(r)
			if !ok || x == nil {
				out.AppendNull()
				continue
			}
			out.AppendInt(w.find(x.FindStringIndex, func(at, size int64) int64 { return at + max(size, 1) }))
		}
		return out
	}, schema.Long, nil
}
