package kernel

import (
	"strings"

	"github.com/cockroachdb/apd/v3"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/schema"
)

func parsers() family {
	return family{
		"parse_url": dynamicFunc(1, 1, parseURL), "parseurl": dynamicFunc(1, 1, parseURL),
		"parse_urlquery": dynamicFunc(1, 1, parseURLQuery), "parseurlquery": dynamicFunc(1, 1, parseURLQuery),
		"parse_path":         dynamicFunc(1, 1, parseFilePath),
		"parse_csv":          dynamicFunc(1, 1, parseCSV),
		"parse_version":      typedFunc(schema.Decimal, 1, 1, parseVersion),
		"parse_command_line": dynamicFunc(2, 2, parseCommandLine),
	}
}

func bagOf(pairs ...any) *column.Object {
	o := &column.Object{}
	for i := 0; i < len(pairs); i += 2 {
		o.Keys = append(o.Keys, pairs[i].(string))
		o.Values = append(o.Values, pairs[i+1])
	}
	return o
}

// parseURL splits an absolute URL; every part is a string.
func parseURL(a []any) any {
	s := Text(a[0])
	var scheme, host, port, path, user, password, query, fragment string
	rest := s
	if i := strings.IndexByte(rest, '#'); i >= 0 {
		rest, fragment = rest[:i], rest[i+1:]
	}
	if i := strings.IndexByte(rest, '?'); i >= 0 {
		rest, query = rest[:i], rest[i+1:]
	}
	if i := strings.Index(rest, "://"); i >= 0 {
		scheme, rest = rest[:i], rest[i+3:]
		authority := rest
		if j := strings.IndexByte(rest, '/'); j >= 0 {
			authority, path = rest[:j], rest[j:]
		}
		if j := strings.LastIndexByte(authority, '@'); j >= 0 {
			user, authority = authority[:j], authority[j+1:]
			if k := strings.IndexByte(user, ':'); k >= 0 {
				user, password = user[:k], user[k+1:]
			}
		}
		host = authority
		if j := strings.LastIndexByte(authority, ':'); j >= 0 && j > strings.LastIndexByte(authority, ']') {
			host, port = authority[:j], authority[j+1:]
		}
	} else if i := strings.IndexByte(rest, ':'); i > 0 && !strings.ContainsAny(rest[:i], "/.") {
		scheme, path = rest[:i], rest[i+1:]
	} else {
		path = rest
	}
	return bagOf("Scheme", scheme, "Host", host, "Port", port, "Path", path, "Username", user, "Password", password,
		"Query Parameters", queryBag(query), "Fragment", fragment)
}

func queryBag(q string) *column.Object {
	b := column.NewObjectBuilder(4)
	for _, part := range strings.Split(q, "&") {
		if part == "" {
			continue
		}
		k, v, _ := strings.Cut(part, "=")
		b.Set(unescapeURL(k), unescapeURL(v))
	}
	return b.Object()
}

func parseURLQuery(a []any) any {
	q := Text(a[0])
	if i := strings.IndexByte(q, '?'); i >= 0 {
		q = q[i+1:]
	}
	return bagOf("Query Parameters", queryBag(q))
}

// parseFilePath takes Windows, UNC, Unix and file URL paths apart.
func parseFilePath(a []any) any {
	s := Text(a[0])
	scheme, rest := "", s
	if i := strings.Index(s, "://"); i >= 0 {
		scheme, rest = s[:i], s[i+3:]
	}
	root := ""
	if len(rest) >= 2 && rest[1] == ':' && termRune(rune(rest[0])) {
		root = rest[:2]
		if len(rest) > 2 && (rest[2] == '\\' || rest[2] == '/') {
			root = rest[:3]
		}
	}
	dir, file := "", rest
	if i := strings.LastIndexAny(rest, `/\`); i >= 0 {
		dir, file = rest[:i], rest[i+1:]
	}
	stream := ""
	if i := strings.IndexByte(file, ':'); i >= 0 && !(root != "" && len(rest) <= 2) {
		file, stream = file[:i], file[i+1:]
	}
	name := dir
	if i := strings.LastIndexAny(dir, `/\`); i >= 0 {
		name = dir[i+1:]
	}
	if strings.HasSuffix(name, ":") {
		name = ""
	}
	ext := ""
	if i := strings.LastIndexByte(file, '.'); i >= 0 {
		ext = file[i+1:]
	}
	return bagOf("Scheme", scheme, "RootPath", root, "DirectoryPath", dir, "DirectoryName", name, "Filename", file,
		"Extension", ext, "AlternateDataStreamName", stream)
}

// parseCSV reads the first record of a CSV text.
func parseCSV(a []any) any {
	s := Text(a[0])
	out := []any{}
	for i := 0; ; {
		var sb strings.Builder
		if i < len(s) && s[i] == '"' {
			i++
			for i < len(s) {
				if s[i] == '"' {
					if i+1 < len(s) && s[i+1] == '"' {
						i++
					} else {
						i++
						break
					}
				}
				sb.WriteByte(s[i])
				i++
			}
		}
		for i < len(s) && s[i] != ',' && s[i] != '\n' && s[i] != '\r' {
			sb.WriteByte(s[i])
			i++
		}
		out = append(out, sb.String())
		if i >= len(s) || s[i] != ',' {
			return out
		}
		i++
	}
}

// parseVersion makes a number of up to four parts of up to eight digits, such that versions compare as numbers.
func parseVersion(a []any) any {
	s := Text(a[0])
	parts := strings.Split(s, ".")
	if s == "" || len(parts) > 4 {
		return nil
	}
	var digits strings.Builder
	for i := range 4 {
		p := ""
		if i < len(parts) {
			p = parts[i]
			if p == "" {
				return nil
			}
		}
		if len(p) > 8 {
			return nil
		}
		for _, c := range []byte(p) {
			if c < '0' || c > '9' {
				return nil
			}
		}
		digits.WriteString("00000000"[len(p):] + p)
	}
	d, _, err := apd.NewFromString(digits.String())
	if err != nil {
		return nil
	}
	return d
}

// parseCommandLine splits a command line as the C runtime of Windows does.
func parseCommandLine(a []any) any {
	if kind := Text(a[1]); !strings.EqualFold(kind, "windows") {
		return nil
	}
	s := Text(a[0])
	out := []any{}
	for i := 0; i < len(s); {
		for i < len(s) && (s[i] == ' ' || s[i] == '\t') {
			i++
		}
		if i >= len(s) {
			break
		}
		var sb strings.Builder
		quoted := false
		for i < len(s) && (quoted || s[i] != ' ' && s[i] != '\t') {
			switch s[i] {
			case '\\':
				k := 0
				for i < len(s) && s[i] == '\\' {
					k++
					i++
				}
				if i >= len(s) || s[i] != '"' {
					sb.WriteString(strings.Repeat(`\`, k))
					continue
				}
				sb.WriteString(strings.Repeat(`\`, k/2))
				if k%2 == 1 {
					sb.WriteByte('"')
					i++
				}
			case '"':
				if quoted && i+1 < len(s) && s[i+1] == '"' {
					sb.WriteByte('"')
					i += 2
					continue
				}
				quoted = !quoted
				i++
			default:
				sb.WriteByte(s[i])
				i++
			}
		}
		out = append(out, sb.String())
	}
	if len(out) == 0 {
		return nil
	}
	return out
}
